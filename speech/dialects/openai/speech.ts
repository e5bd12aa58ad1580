import { z } from 'zod';
import { plainEncoding } from '../../audio/encoding.ts';
import { mp3Encoding } from '../../audio/mp3.ts';
import { floatToPcm16 } from '../../audio/pcm.ts';
import { wavHeader } from '../../audio/wav.ts';
import { type Gateway, limits } from '../../gateway.ts';
import { readJson, writeChunk } from '../../http/body.ts';
import { badRequest, Fault } from '../../http/fault.ts';
import type { HttpRoute } from '../../http/route.ts';

/** The vendor's PCM is always 24 kHz mono, 16 bit. */
const sampleRate = 24_000;
/** 100 ms: LiveKit's plugin drops a last piece that is shorter, so the end is filled up with silence. */
const frameBytes = 4_800;

const speechRequest = z.looseObject({
  model: z.string().min(1),
  input: z.string(),
  voice: z.union([z.string(), z.looseObject({ id: z.string() })]),
  response_format: z.string().nullish(),
  stream_format: z.string().nullish(),
  speed: z.number().min(0.25).max(4).nullish(),
});

type Format = 'mp3' | 'pcm' | 'wav';

const contentTypes: Readonly<Record<Format, string>> = {
  mp3: 'audio/mpeg',
  pcm: 'audio/pcm',
  wav: 'audio/wav',
};

/** `POST /v1/audio/speech`: MP3 (the vendor's default), raw PCM or WAV, sent clause by clause. */
export const audioSpeech = (gateway: Gateway): HttpRoute => ({
  method: 'POST',
  path: '/v1/audio/speech',
  heavy: true,
  handle: async ({ request, response, requestId, signal }) => {
    const { input, format, speed } = parseSpeech(await readJson(request, limits.jsonBytes));
    const { synthesizer } = gateway;
    const encoding = await (format === 'mp3'
      ? mp3Encoding(sampleRate, 64)
      : plainEncoding(floatToPcm16, sampleRate));
    response.writeHead(200, { 'content-type': contentTypes[format] });
    if (format === 'wav') response.write(wavHeader(sampleRate, Number.POSITIVE_INFINITY));
    let sentBytes = 0;
    for await (const { samples } of synthesizer.speak({ text: input, speed, lane: requestId, signal })) {
      const chunk = encoding.encode(samples, synthesizer.sampleRate);
      sentBytes += chunk.length;
      if (!(await writeChunk(response, chunk))) return;
    }
    const fill = format === 'mp3' ? 0 : (frameBytes - (sentBytes % frameBytes)) % frameBytes;
    response.end(Buffer.concat([encoding.finish(), Buffer.alloc(fill)]));
  },
});

function parseSpeech(body: unknown): { input: string; format: Format; speed: number } {
  const parsed = speechRequest.safeParse(body);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const param = issue?.path.join('.') ?? '';
    throw badRequest(`Invalid value for '${param}': ${issue?.message}.`, param);
  }
  const { input, response_format, stream_format, speed } = parsed.data;
  const format = response_format ?? 'mp3';
  if (!isFormat(format))
    throw new Fault(
      400,
      'unsupported_format',
      `The local voice makes response_format mp3, pcm and wav, not ${format}.`,
      'response_format',
    );
  if (stream_format === 'sse') throw badRequest('stream_format sse is not supported here.', 'stream_format');
  if (input.trim() === '') throw badRequest('The input is empty.', 'input');
  if (input.length > limits.openaiSpeechCharacters)
    throw new Fault(
      400,
      'string_above_max_length',
      `The input may have ${limits.openaiSpeechCharacters} characters.`,
      'input',
    );
  return { input, format, speed: speed ?? 1 };
}

const isFormat = (name: string): name is Format => Object.hasOwn(contentTypes, name);
