import { createRequire } from 'node:module';

/** The part of sherpa-onnx-node we use; the package ships no TypeScript types. */
interface SherpaOnnx {
  readonly OfflineTts: { createAsync(config: object): Promise<SherpaVoice> };
  readonly OfflineRecognizer: { createAsync(config: object): Promise<SherpaRecognizer> };
}

export interface SherpaVoice {
  readonly sampleRate: number;
  generateAsync(request: {
    text: string;
    sid: number;
    speed: number;
    enableExternalBuffer: boolean;
  }): Promise<{ samples: Float32Array; sampleRate: number }>;
}

export interface SherpaRecognizer {
  createStream(): { acceptWaveform(audio: { samples: Float32Array; sampleRate: number }): void };
  decodeAsync(stream: object): Promise<{ text: string; tokens: string[] }>;
}

/**
 * Loads the native engine. Its async calls compute on libuv's worker threads with one copy of each model,
 * so the event loop stays free and a further thread costs no memory.
 */
export const loadSherpa = (): SherpaOnnx => createRequire(import.meta.url)('sherpa-onnx-node') as SherpaOnnx;
