import { createHash } from 'node:crypto';
import { decodeUpload } from '../../audio/decode-upload.ts';
import { channelOf, mixDown } from '../../audio/pcm.ts';
import { type Gateway, limits } from '../../gateway.ts';
import { readBody, sendJson } from '../../http/body.ts';
import { badRequest } from '../../http/fault.ts';
import type { Exchange, HttpRoute } from '../../http/route.ts';
import { type FileTranscript, transcribeFile } from '../../listen/transcribe-file.ts';
import { alternative, localModel, modelInfo, plainText, wireWords } from './listen-messages.ts';
import { type ListenParams, listenParams } from './listen-params.ts';

/** `POST /v1/listen`: a recording in the body, WAV or raw with `encoding` and `sample_rate`. */
export const listenFile = (gateway: Gateway): HttpRoute => ({
  method: 'POST',
  path: '/v1/listen',
  heavy: true,
  handle: async ({ request, response, url, requestId, signal }) => {
    const params = listenParams(url.searchParams);
    if (/^application\/json/i.test(request.headers['content-type'] ?? ''))
      throw badRequest('Audio by URL is not supported here: send the recording in the request body.', 'url');
    const body = await readBody(request, limits.audioBytes);
    const audio = await decodeUpload(body, rawFormat(params));
    const channels = params.multichannel
      ? Array.from({ length: audio.channels }, (_, channel) =>
          channelOf(audio.samples, channel, audio.channels),
        )
      : [mixDown(audio.samples, audio.channels)];
    const transcripts = await Promise.all(
      channels.map((samples) =>
        transcribeFile({
          recognizer: gateway.recognizer,
          samples,
          sampleRate: audio.sampleRate,
          lane: requestId,
          signal,
        }),
      ),
    );
    sendJson(response, 200, answer(params, transcripts, requestId, body));
  },
});

function rawFormat({ encoding, sampleRate, channels }: ListenParams) {
  if (encoding === undefined) return undefined;
  if (sampleRate === undefined && encoding === 'linear16')
    throw badRequest('sample_rate is required with encoding=linear16.', 'sample_rate');
  return { encoding, sampleRate: sampleRate ?? 8_000, channels };
}

function answer(
  params: ListenParams,
  transcripts: FileTranscript[],
  requestId: Exchange['requestId'],
  body: Buffer,
) {
  const { punctuate, model } = params;
  return {
    metadata: {
      transaction_key: 'deprecated',
      request_id: requestId,
      sha256: createHash('sha256').update(body).digest('hex'),
      created: new Date().toISOString(),
      duration: (transcripts[0]?.durationMs ?? 0) / 1_000,
      channels: transcripts.length,
      models: [localModel],
      model_info: { [localModel]: modelInfo(model) },
    },
    results: {
      channels: transcripts.map(({ text, words }) => ({
        alternatives: [alternative(text, words, punctuate)],
        ...(params.detectLanguage ? { detected_language: 'en', language_confidence: 0.9 } : {}),
      })),
      ...(params.utterances ? { utterances: utterances(transcripts, punctuate) } : {}),
    },
  };
}

const utterances = (transcripts: FileTranscript[], punctuate: boolean) =>
  transcripts
    .flatMap(({ segments }, channel) =>
      segments.map(({ text, words, startMs, endMs }, index) => ({
        start: startMs / 1_000,
        end: endMs / 1_000,
        confidence: 0.9,
        channel,
        transcript: punctuate ? text : plainText(text),
        words: wireWords(words, punctuate),
        id: `${channel}-${index}`,
      })),
    )
    .sort((a, b) => a.start - b.start);
