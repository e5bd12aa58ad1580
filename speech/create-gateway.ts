import { availableParallelism } from 'node:os';
import type { Logger } from '../platform/log.ts';
import { loadDialogues } from './dialogue/load-dialogues.ts';
import { EngineScheduler } from './engines/engine-scheduler.ts';
import { giveWay } from './engines/give-way.ts';
import { createMoonshine, recognizerRate } from './engines/recognizer.ts';
import type { SpeechModels } from './engines/speech-models.ts';
import { createPiper, type PiperOptions } from './engines/synthesizer.ts';
import type { Gateway } from './gateway.ts';

interface CreateGatewayOptions {
  readonly models: SpeechModels;
  /** Engine calls at once. 0: one per core. */
  readonly threads: number;
  /** Size of libuv's pool, where the engines compute; one thread of it is left for files and DNS. */
  readonly poolThreads: number;
  readonly log: Logger;
  readonly voice?: PiperOptions;
}

/** Loads the engines and the dialogues and runs each engine once, so that the first caller meets them warm. */
export async function createGateway({
  models,
  threads,
  poolThreads,
  log,
  voice = {},
}: CreateGatewayOptions): Promise<Gateway> {
  const wanted = threads > 0 ? threads : availableParallelism();
  const admitted = Math.max(1, Math.min(wanted, poolThreads - 1));
  if (threads > admitted)
    log.warn({ threads, admitted, poolThreads }, 'UV_THREADPOOL_SIZE is too small for SPEECH_THREADS');
  const scheduler = new EngineScheduler(admitted);
  const [recognizer, synthesizer, dialogues] = await Promise.all([
    createMoonshine(models.recognizer, scheduler),
    createPiper(models.voice, scheduler, voice),
    loadDialogues(),
  ]);
  const warm = synthesizer.speak({ text: 'Hello.', lane: 'warm-up' });
  for await (const clause of warm) void clause;
  await recognizer.recognize(new Float32Array(recognizerRate), { priority: 'final', lane: 'warm-up' });
  log.debug({ threads: await giveWay() }, 'the engines are behind what carries sound');
  return { recognizer, synthesizer, scheduler, dialogues, log };
}
