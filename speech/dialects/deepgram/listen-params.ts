import { badRequest } from '../../http/fault.ts';

export type Encoding = 'linear16' | 'mulaw' | 'alaw';

export interface ListenParams {
  readonly model: string;
  readonly encoding: Encoding | undefined;
  readonly sampleRate: number | undefined;
  readonly channels: number;
  readonly multichannel: boolean;
  readonly interim: boolean;
  readonly vadEvents: boolean;
  readonly endpointingMs: number;
  readonly utteranceEndMs: number | undefined;
  /** False: lower case without punctuation, as the vendor does when it is not asked for. */
  readonly punctuate: boolean;
  readonly detectLanguage: boolean;
  readonly utterances: boolean;
}

/** Shorter pauses are inside words; the pause is spent decoding anyway. */
const shortestEndpointingMs = 160;
/** `endpointing=false` still needs an end some time. */
const endpointingOffMs = 2_000;

/** Reads the query of `/v1/listen` (developers.deepgram.com, "Live Audio" and "Pre-recorded Audio"). Throws a Fault. */
export function listenParams(query: URLSearchParams): ListenParams {
  const language = query.get('language') ?? 'en';
  if (!/^(en|multi)\b/i.test(language))
    throw badRequest(`The local recognizer understands English only, not language=${language}.`, 'language');
  return {
    model: query.get('model') ?? 'base',
    encoding: readEncoding(query.get('encoding')),
    sampleRate: whole(query, 'sample_rate', 4_000, 192_000),
    channels: whole(query, 'channels', 1, 16) ?? 1,
    multichannel: isOn(query, 'multichannel'),
    interim: isOn(query, 'interim_results'),
    vadEvents: isOn(query, 'vad_events'),
    endpointingMs: readEndpointing(query),
    utteranceEndMs: whole(query, 'utterance_end_ms', 100, 60_000),
    punctuate: ['punctuate', 'smart_format', 'dictation'].some((name) => isOn(query, name)),
    detectLanguage: isOn(query, 'detect_language'),
    utterances: isOn(query, 'utterances'),
  };
}

function readEncoding(value: string | null): Encoding | undefined {
  if (value === null) return undefined;
  const known: Readonly<Record<string, Encoding>> = { linear16: 'linear16', mulaw: 'mulaw', alaw: 'alaw' };
  const encoding = known[value];
  if (!encoding)
    throw badRequest(`encoding=${value} is not supported here: use linear16, mulaw or alaw.`, 'encoding');
  return encoding;
}

function readEndpointing(query: URLSearchParams): number {
  const value = query.get('endpointing');
  if (value === 'false') return endpointingOffMs;
  if (value === null || value === 'true') return shortestEndpointingMs;
  return Math.max(shortestEndpointingMs, whole(query, 'endpointing', 0, 60_000) ?? 0);
}

const isOn = (query: URLSearchParams, name: string): boolean => /^(true|1)$/i.test(query.get(name) ?? '');

function whole(query: URLSearchParams, name: string, min: number, max: number): number | undefined {
  const value = query.get(name);
  if (value === null || value === '') return undefined;
  const number = Number(value);
  if (!Number.isInteger(number) || number < min || number > max)
    throw badRequest(`${name} must be a whole number from ${min} to ${max}.`, name);
  return number;
}
