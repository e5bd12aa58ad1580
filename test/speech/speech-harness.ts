import { resolveSpeechModels } from '../../cli/embedded/models.ts';
import { createLogger } from '../../platform/log.ts';
import { resample } from '../../speech/audio/resample.ts';
import { createGateway } from '../../speech/create-gateway.ts';
import type { Gateway } from '../../speech/gateway.ts';
import { type SpeechServer, startSpeechServer } from '../../speech/server.ts';

export interface TestGateway extends AsyncDisposable {
  readonly gateway: Gateway;
  readonly server: SpeechServer;
  readonly http: string;
  readonly ws: string;
}

/** The real engines behind a real server on a free port. */
export async function startTestGateway(
  limits: { streams?: number; heavyRequests?: number } = {},
): Promise<TestGateway> {
  const models = await resolveSpeechModels();
  const log = createLogger('speech-test', { level: 'warn' });
  const gateway = await createGateway({ models, threads: 0, poolThreads: 4, log, voice: { isSteady: true } });
  return serve(gateway, limits);
}

/** Another server on engines that are loaded already. */
export async function serve(
  gateway: Gateway,
  limits: { streams?: number; heavyRequests?: number } = {},
): Promise<TestGateway> {
  const server = await startSpeechServer({ gateway, port: 0, limits });
  return {
    gateway,
    server,
    http: `http://127.0.0.1:${server.port}`,
    ws: `ws://127.0.0.1:${server.port}`,
    [Symbol.asyncDispose]: () => server.close(),
  };
}

/** A voice saying this, with silence around it, at the rate asked for. */
export async function spoken(
  gateway: Gateway,
  text: string,
  sampleRate: number,
  tailMs = 800,
): Promise<Float32Array> {
  const parts: Float32Array[] = [new Float32Array(gateway.synthesizer.sampleRate * 0.4)];
  for await (const { samples } of gateway.synthesizer.speak({ text, lane: 'test' })) parts.push(samples);
  parts.push(new Float32Array(Math.round((gateway.synthesizer.sampleRate * tailMs) / 1_000)));
  const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return resample(whole, gateway.synthesizer.sampleRate, sampleRate);
}

/** Words only, so that punctuation and case do not decide a test. */
export const words = (text: string): string[] =>
  text
    .toLowerCase()
    .replace(/harbour/g, 'harbor')
    .replace(/[^\p{L}\p{N}\s]/gu, '')
    .split(/\s+/)
    .filter(Boolean);
