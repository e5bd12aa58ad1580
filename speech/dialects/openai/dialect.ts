import type { Gateway } from '../../gateway.ts';
import type { Dialect } from '../../http/route.ts';
import { chatCompletions } from './chat.ts';
import { openaiError } from './errors.ts';
import { embeddings, modelList } from './models.ts';
import { audioSpeech } from './speech.ts';
import { audioTranscriptions } from './transcriptions.ts';

/** OpenAI's API v1: platform.openai.com/docs/api-reference. Also answers for paths that are nobody's. */
export const openaiDialect = (gateway: Gateway): Dialect => ({
  name: 'openai',
  routes: [
    chatCompletions(gateway),
    audioSpeech(gateway),
    audioTranscriptions(gateway),
    ...modelList(gateway),
    embeddings,
  ],
  sockets: [],
  owns: () => true,
  errorBody: openaiError,
  requestIdHeader: 'x-request-id',
});
