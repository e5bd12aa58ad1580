import type { ServerResponse } from 'node:http';
import { decodeUpload } from '../../audio/decode-upload.ts';
import { mixDown } from '../../audio/pcm.ts';
import { type Gateway, limits } from '../../gateway.ts';
import { readForm, sendJson } from '../../http/body.ts';
import { badRequest } from '../../http/fault.ts';
import type { HttpRoute } from '../../http/route.ts';
import { type FileTranscript, transcribeFile } from '../../listen/transcribe-file.ts';

const formats = ['json', 'text', 'verbose_json'] as const;
type Format = (typeof formats)[number];

/** `POST /v1/audio/transcriptions`: a WAV file as multipart/form-data. */
export const audioTranscriptions = (gateway: Gateway): HttpRoute => ({
  method: 'POST',
  path: '/v1/audio/transcriptions',
  heavy: true,
  handle: async ({ request, response, requestId, signal }) => {
    const form = await readForm(request, limits.audioBytes);
    const file = form.get('file');
    if (!(file instanceof Blob)) throw badRequest("Missing required parameter: 'file'.", 'file');
    if (!form.get('model')) throw badRequest("Missing required parameter: 'model'.", 'model');
    if (form.get('stream') === 'true')
      throw badRequest('Streaming a transcription is not supported here.', 'stream');
    const format = readFormat(form.get('response_format'));
    const language = form.get('language');
    if (typeof language === 'string' && !/^en/i.test(language))
      throw badRequest(`The local recognizer understands English only, not '${language}'.`, 'language');
    const audio = await decodeUpload(Buffer.from(await file.arrayBuffer()));
    const transcript = await transcribeFile({
      recognizer: gateway.recognizer,
      samples: mixDown(audio.samples, audio.channels),
      sampleRate: audio.sampleRate,
      lane: requestId,
      signal,
    });
    answer(response, format, transcript, form.getAll('timestamp_granularities[]').includes('word'));
  },
});

function readFormat(value: unknown): Format {
  const format = formats.find((known) => known === (value ?? 'json'));
  if (!format) throw badRequest(`response_format must be one of ${formats.join(', ')}.`, 'response_format');
  return format;
}

function answer(
  response: ServerResponse,
  format: Format,
  transcript: FileTranscript,
  wantsWords: boolean,
): void {
  const { text, durationMs } = transcript;
  if (format === 'text') {
    response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' });
    response.end(`${text}\n`);
  } else if (format === 'verbose_json') sendJson(response, 200, verbose(transcript, wantsWords));
  else sendJson(response, 200, { text, usage: { type: 'duration', seconds: Math.ceil(durationMs / 1_000) } });
}

const verbose = ({ text, durationMs, segments, words }: FileTranscript, wantsWords: boolean) => ({
  task: 'transcribe',
  language: 'english',
  duration: durationMs / 1_000,
  text,
  segments: segments.map((segment, id) => ({
    id,
    seek: 0,
    start: segment.startMs / 1_000,
    end: segment.endMs / 1_000,
    text: segment.text,
    tokens: [],
    temperature: 0,
    avg_logprob: 0,
    compression_ratio: 1,
    no_speech_prob: 0,
  })),
  ...(wantsWords
    ? {
        words: words.map(({ text: word, startMs, endMs }) => ({
          word,
          start: startMs / 1_000,
          end: endMs / 1_000,
        })),
      }
    : {}),
  usage: { type: 'duration', seconds: Math.ceil(durationMs / 1_000) },
});
