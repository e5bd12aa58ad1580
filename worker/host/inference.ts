import { createRequire } from 'node:module';
import type { ipc } from '@livekit/agents';

/** The package is CommonJS; the framework loads the same copy. */
const native = createRequire(import.meta.url)(
  '@livekit/local-inference',
) as typeof import('@livekit/local-inference');

const endOfTurn = 'lk_eot_audio';

/**
 * Runs the end-of-turn model in this process, on libuv's threads. The framework's own executor asks a second process
 * by IPC; here the model is loaded once for all calls anyway.
 */
export const inferenceExecutor: ipc.InferenceExecutor = {
  async doInference(method, data) {
    if (method !== endOfTurn) throw new Error(`There is no inference method ${method}.`);
    const bytes = Buffer.from((data as { pcm: string }).pcm, 'base64');
    const pcm = new Int16Array(bytes.buffer, bytes.byteOffset, Math.floor(bytes.byteLength / 2));
    const startedAt = performance.now();
    const probability = await native.predict(pcm);
    return { probability, inferenceDurationMs: performance.now() - startedAt };
  },
};

/** Loads the models and runs each once, so that the first call does not pay for it. */
export async function warmInference(): Promise<void> {
  native.initVad();
  native.initEot();
  await native.createVad().predict(new Int16Array(native.VAD_WINDOW_SAMPLES));
  await native.predict(new Int16Array(19_200));
}
