import type { Gateway } from '../../gateway.ts';
import type { Dialect } from '../../http/route.ts';
import { elevenlabsError } from './errors.ts';
import { speechStreams } from './stream.ts';
import { streamInputs } from './stream-input.ts';
import { voiceList } from './voices.ts';

/** ElevenLabs' API v1, the speaking half: elevenlabs.io/docs/api-reference. */
export const elevenlabsDialect = (gateway: Gateway): Dialect => ({
  name: 'elevenlabs',
  routes: [...speechStreams(gateway), ...voiceList],
  sockets: streamInputs(gateway),
  owns: (path) => /^\/v[12]\/(text-to-speech|voices)(\/|$)/.test(path),
  errorBody: elevenlabsError,
  requestIdHeader: 'request-id',
});
