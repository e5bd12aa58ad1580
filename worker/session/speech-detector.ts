import { createRequire } from 'node:module';
import { VAD, VADEventType, VADStream } from '@livekit/agents';
import type { AudioFrame } from '@livekit/rtc-node';
import { levelDb, silentDb } from '../level.ts';
import { spareTime } from '../spare-time.ts';
import { predictAfterMs, SpeechState, type SpeechWindow, windowMs } from './speech-state.ts';

const native = createRequire(import.meta.url)(
  '@livekit/local-inference',
) as typeof import('@livekit/local-inference');
const sampleRate = 16_000;
/** After so many such windows (half a second) the model is not asked what it hears, until there is more. */
const silentWindows = 16;
/** The framework asks the end-of-turn model after this much silence, and takes nobody's word for less. */
export const frameworkSilenceMs = 200;

/**
 * The framework's voice detector (same model, in this process), but quicker to say that somebody has stopped: it
 * waits 250 ms before it asks whether the turn is over, we ask after 64 and leave the rest of the wait to the answer.
 * For recognisers that stream: it keeps no audio of what was said.
 */
export class SpeechDetector extends VAD {
  override readonly label = 'trunkline.SpeechDetector';

  readonly #onWindow: (window: SpeechWindow) => void;

  constructor(onWindow: (window: SpeechWindow) => void = () => undefined) {
    super({ updateInterval: windowMs });
    this.#onWindow = onWindow;
  }

  override stream(): VADStream {
    return new SpeechDetectorStream(this, this.#onWindow);
  }
}

class SpeechDetectorStream extends VADStream {
  readonly #model = native.createVad();
  #state = new SpeechState();
  #window = new Int16Array(native.VAD_WINDOW_SAMPLES);
  #filled = 0;
  #samples = 0;
  #silent = 0;

  readonly #onWindow: (window: SpeechWindow) => void;

  constructor(detector: SpeechDetector, onWindow: (window: SpeechWindow) => void) {
    super(detector);
    this.#onWindow = onWindow;
    this.#pump().catch((error: unknown) => this.logger.error({ err: error }, 'the voice detector stopped'));
  }

  async #pump(): Promise<void> {
    while (!this.closed) {
      const { done, value } = await this.inputReader.read();
      if (done) return;
      if (typeof value === 'symbol') this.#reset();
      else await this.#hear(value);
    }
  }

  #reset(): void {
    this.#model.reset();
    this.#state = new SpeechState();
    this.#filled = 0;
    this.#silent = 0;
  }

  async #hear(frame: AudioFrame): Promise<void> {
    if (frame.sampleRate !== sampleRate)
      throw new Error(`Audio at ${frame.sampleRate} Hz; 16 kHz is needed.`);
    for (let at = 0; at < frame.data.length; ) {
      const part = frame.data.subarray(at, at + this.#window.length - this.#filled);
      this.#window.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled < this.#window.length) return;
      const startedAt = performance.now();
      const heardDb = levelDb(this.#window);
      this.#silent = heardDb < silentDb ? this.#silent + 1 : 0;
      const probability = await this.#voiceIn(this.#window);
      // Without time for questions that may be too early, the model alone says what silence is.
      const level = spareTime.isThere ? heardDb : 0;
      this.#window = new Int16Array(this.#window.length);
      this.#filled = 0;
      this.#samples += this.#window.length;
      this.#tell(this.#state.push(probability, level), probability, performance.now() - startedAt);
    }
  }

  /** How likely it is that somebody speaks. After silence the model begins anew: what it remembers is long past. */
  async #voiceIn(window: Int16Array): Promise<number> {
    if (this.#silent <= silentWindows) return this.#model.predict(window);
    if (this.#silent === silentWindows + 1) this.#model.reset();
    return 0;
  }

  #tell(window: SpeechWindow, probability: number, inferenceDuration: number): void {
    this.#onWindow(window);
    const { speaking, started, ended, speechMs, voiceRunMs, silenceRunMs } = window;
    const event = {
      samplesIndex: this.#samples,
      timestamp: (this.#samples / sampleRate) * 1_000,
      speechDuration: speechMs,
      silenceDuration: silenceRunMs,
      frames: [],
      probability,
      inferenceDuration,
      speaking,
    };
    const turn = { ...event, rawAccumulatedSilence: 0, rawAccumulatedSpeech: 0 };
    // Before the window itself: an interruption is then acted upon in this window, not in the next.
    if (started) this.sendVADEvent({ ...turn, type: VADEventType.START_OF_SPEECH });
    const asks = silenceRunMs >= predictAfterMs;
    this.sendVADEvent({
      ...event,
      type: VADEventType.INFERENCE_DONE,
      rawAccumulatedSilence: asks ? Math.max(silenceRunMs, frameworkSilenceMs) : silenceRunMs,
      rawAccumulatedSpeech: voiceRunMs,
    });
    if (ended) this.sendVADEvent({ ...turn, type: VADEventType.END_OF_SPEECH });
  }
}
