import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { resample } from '../../simulate/audio/resample.ts';
import { speak } from '../../simulate/audio/speak.ts';
import { transcribe } from '../../simulate/audio/transcribe.ts';
import { decodeUlaw, encodeUlaw } from '../../simulate/audio/ulaw.ts';
import { makeWav, parseWav, readWav, writeWav } from '../../simulate/audio/wav.ts';
import { rms, tone } from './tone.ts';

describe('mu-law', () => {
  it('gives every code back, so that a second passage changes nothing', () => {
    const codes = Uint8Array.from({ length: 256 }, (_, code) => code);
    const samples = decodeUlaw(codes);
    expect(decodeUlaw(encodeUlaw(samples))).toEqual(samples);
  });

  it('keeps to the reference values of G.711 and to 38 dB', () => {
    expect([...decodeUlaw(Uint8Array.of(0x00, 0x80, 0xff, 0x7f, 0x98))]).toEqual([
      -32124, 32124, 0, 0, 11_900,
    ]);
    const samples = tone(440, 8_000, 8_000);
    const error = decodeUlaw(encodeUlaw(samples)).map((sample, i) => sample - (samples[i] ?? 0));
    expect(20 * Math.log10(rms(samples) / rms(error))).toBeGreaterThan(36);
  });
});

describe('a WAV file', () => {
  let folder: string | undefined;
  afterEach(async () => {
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  it('in stereo is read back sample for sample', async () => {
    folder = await mkdtemp(join(tmpdir(), 'wav-'));
    const channels = [tone(300, 8_000, 800), tone(500, 8_000, 800)];
    await writeWav(join(folder, 'a.wav'), { channels, sampleRate: 8_000 });
    const wav = await readWav(join(folder, 'a.wav'));
    expect(wav.channels).toEqual(channels);
    expect(wav.sampleRate).toBe(8_000);
    expect(wav.samples[5]).toBe(Math.round(((channels[0]?.[5] ?? 0) + (channels[1]?.[5] ?? 0)) / 2));
  });

  it('in mu-law is read', () => {
    const samples = tone(300, 8_000, 160);
    const codes = encodeUlaw(samples);
    const file = makeWav([new Int16Array(codes.length / 2)], 8_000);
    file.writeUInt16LE(7, 20);
    file.writeUInt16LE(8, 34);
    file.set(codes, 44);
    expect(parseWav(file).samples).toEqual(decodeUlaw(codes));
  });

  it('that is none is refused', () => {
    expect(() => parseWav(Buffer.from('no audio at all'))).toThrow('not a WAV file');
  });
});

describe('resampling', () => {
  it.each([
    [8_000, 16_000],
    [16_000, 8_000],
    [22_050, 8_000],
    [24_000, 8_000],
    [8_000, 24_000],
    [24_000, 16_000],
  ])('from %i to %i Hz keeps a tone, within -50 dB', (from, to) => {
    const output = resample(tone(1_000, from, from), from, to);
    const wanted = tone(1_000, to, to);
    expect(output).toHaveLength(to);
    const middle = (samples: Int16Array) => samples.subarray(to / 10, to - to / 10);
    const error = middle(output).map((sample, i) => sample - (middle(wanted)[i] ?? 0));
    expect(20 * Math.log10(rms(error) / rms(wanted))).toBeLessThan(-50);
  });

  it('down removes what would fold back', () => {
    const output = resample(tone(5_000, 24_000, 24_000), 24_000, 8_000);
    expect(rms(output.subarray(800, 7_200))).toBeLessThan(10);
  });
});

describe('the speech server', () => {
  it('is asked for PCM in the words of OpenAI, and its samples come back', async () => {
    const clip = tone(440, 24_000, 2_400);
    const body = Buffer.from(clip.buffer);
    await using server = await serve((_, response) => response.end(body));
    const spoken = await speak({ speechUrl: server.url, text: 'Hello.' });
    expect(spoken).toEqual({ samples: clip, sampleRate: 24_000 });
    expect(server.requests[0]?.path).toBe('/v1/audio/speech');
    expect(JSON.parse(server.requests[0]?.body ?? '')).toMatchObject({
      input: 'Hello.',
      response_format: 'pcm',
    });
  });

  it('is sent a WAV file to transcribe', async () => {
    await using server = await serve((_, response) => response.end('{"text":" Good day. "}'));
    const samples = tone(440, 8_000, 800);
    expect(await transcribe({ speechUrl: server.url, samples, sampleRate: 8_000 })).toBe('Good day.');
    expect(server.requests[0]?.path).toBe('/v1/audio/transcriptions');
    expect(server.requests[0]?.body).toContain('WAVEfmt');
  });

  it('that refuses is quoted in the error', async () => {
    await using server = await serve((_, response) => response.writeHead(401).end('bad key'));
    await expect(speak({ speechUrl: server.url, text: 'Hello.' })).rejects.toThrow('401 bad key');
  });
});

async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const requests: { path: string; body: string }[] = [];
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    requests.push({ path: request.url ?? '', body: Buffer.concat(parts).toString('latin1') });
    answer(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const close = () => new Promise<void>((resolve) => server.close(() => resolve()));
  return { url: `http://127.0.0.1:${port}`, requests, [Symbol.asyncDispose]: close };
}
