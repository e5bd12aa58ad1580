import { stt } from '@livekit/agents';
import type { AudioFrame } from '@livekit/rtc-node';
import { levelDb, silentDb } from '../../level.ts';
import type { Chain, Member } from './chain.ts';
import { Ear } from './stt-ear.ts';
import { SpeechMemory } from './stt-memory.ts';

export interface ListeningHooks {
  /** The caller spoke so long and there is no transcript; it is being looked after. */
  readonly onDeaf: (speechMs: number) => void;
  /** Nobody understood what the caller said, however often it was heard. */
  readonly onLost: (speechMs: number) => void;
}

/** Speech shorter than this may have been a cough. */
const coughMs = 300;
/** A transcript that is later than this is looked for elsewhere; later where transcripts always are. */
const lateMs = { least: 900, most: 2_500 } as const;
/** The detector says that speech has ended this long after its end; the transcript may have come by then. */
const noticedLateMs = 700;
/** After this the caller is told that somebody is there. */
const askPatienceAfterMs = 500;
/** A recogniser that speaks early is missed while the caller still speaks. */
const silentMs = 2_000;
/** So long another recogniser may take for what it hears for the first time. */
const secondHearingMs = 2_500;
const secondTries = 4;
const reconnect = { firstMs: 200, mostMs: 2_000, attempts: 8, giveUpMs: 10_000 } as const;
/** Noise is no language, so it takes many. */
const lostInARow = 4;

/** Keeps one caller understood: watches the recogniser, connects a new one, lets it hear again what was missed. */
export class Listening {
  readonly #chain: Chain<stt.STT>;
  readonly #hooks: ListeningHooks;
  readonly #onListening: () => void;
  readonly #memory = new SpeechMemory();
  #put: (event: stt.SpeechEvent) => void = () => undefined;
  #main: Ear | undefined;
  /** Hears again what the main one may have missed. */
  #second: Ear | undefined;
  #stopped = false;
  #speaking = false;
  #spokeAt = 0;
  #endedAt = 0;
  /** Since the caller began to speak. */
  #heardAnything = true;
  #understood = true;
  #speaksEarly = false;
  #finalAt = 0;
  /** Of anything that may be a voice, since the last words that were understood. */
  #soundMs = 0;
  #usualDelayMs = 300;
  #lost = 0;
  #tries = 0;
  #failures = 0;
  #failingSince = 0;
  readonly #timers = new Set<NodeJS.Timeout>();

  /** @param onListening a recogniser is connected; again with each new one */
  constructor(chain: Chain<stt.STT>, hooks: ListeningHooks, onListening: () => void) {
    this.#chain = chain;
    this.#hooks = hooks;
    this.#onListening = onListening;
  }

  start(put: (event: stt.SpeechEvent) => void): void {
    this.#put = put;
    this.#main = this.#open(this.#chain.current);
  }

  stop(): void {
    this.#stopped = true;
    this.#clear();
    this.#main?.close();
    this.#second?.close();
  }

  hear(frame: AudioFrame): void {
    if (levelDb(frame.data) >= silentDb)
      this.#soundMs += (1_000 * frame.samplesPerChannel) / frame.sampleRate;
    this.#memory.add(frame, this.#speaking || !this.#understood);
    this.#main?.feed(frame);
    this.#second?.feed(frame);
  }

  flush(): void {
    this.#main?.flush();
  }

  finalize(): void {
    if (!this.#understood) this.#main?.finalize();
  }

  /** The caller has paused. */
  hurry(): void {
    if (!this.#understood) this.#main?.hurry();
  }

  callerSpeaks(speaks: boolean): void {
    if (speaks === this.#speaking || this.#stopped) return;
    this.#speaking = speaks;
    this.#clear();
    if (speaks) {
      // Whoever goes on before the last words were understood says one thing.
      if (this.#understood) this.#spokeAt = Date.now();
      this.#understood = false;
      this.#heardAnything = false;
      if (this.#speaksEarly) this.#after(silentMs, () => !this.#heardAnything && this.#suspect());
      return;
    }
    this.#endedAt = Date.now();
    // Where the detector is behind by more than that, what it has just heard may have been understood long ago.
    if (this.#finalAt > this.#endedAt - noticedLateMs || this.#soundMs < coughMs) this.#understand();
    else this.#await();
  }

  #understand(): void {
    this.#understood = true;
    this.#clear();
    this.#memory.understood(200);
  }

  /** A transcript is due. */
  #await(): void {
    if (this.#understood || this.#speechMs < coughMs) return;
    const dueMs = Math.min(lateMs.most, Math.max(lateMs.least, 2 * this.#usualDelayMs + 300));
    this.#after(dueMs, () => this.#suspect());
    this.#after(dueMs + askPatienceAfterMs, () => this.#hooks.onDeaf(this.#speechMs));
  }

  get #speechMs(): number {
    return (this.#speaking ? Date.now() : this.#endedAt) - this.#spokeAt;
  }

  #suspect(): void {
    if (this.#understood || this.#stopped) return;
    if (this.#second) {
      this.#after(secondHearingMs, () => this.#giveUpHearing());
      return;
    }
    const suspect = this.#main?.member ?? this.#chain.current;
    if (this.#main) this.#chain.fault(suspect, 'The caller spoke and no transcript came.');
    else if (this.#failures > 0) return;
    this.#tries = 1;
    this.#second = this.#open(this.#chain.after(suspect), true);
    this.#after(secondHearingMs, () => this.#giveUpHearing());
  }

  /** The second one could not even be connected. */
  #listenAgain(failed: Member<stt.STT>): void {
    if (this.#understood || this.#tries >= secondTries || this.#chain.isRefused) return;
    const next = this.#chain.after(failed);
    const delayMs = next === failed ? 100 * 2 ** this.#tries : 0;
    this.#tries++;
    this.#after(delayMs, () => {
      if (!this.#understood && !this.#second) this.#second = this.#open(next, true);
    });
  }

  /** The second one understood nothing either: noise perhaps. The suspect is replaced all the same. */
  #giveUpHearing(): void {
    const { member } = this.#main ?? { member: this.#chain.current };
    const second = this.#second;
    this.#second = undefined;
    if (this.#understood || this.#stopped) return;
    this.#main?.close();
    if (second?.member === member) this.#main = second;
    else {
      second?.close();
      this.#main = this.#open(member);
    }
    if (this.#speaking) return;
    const speechMs = this.#speechMs;
    this.#understood = true;
    this.#memory.understood(0);
    if (++this.#lost >= lostInARow) this.#chain.exhausted();
    else this.#hooks.onLost(speechMs);
  }

  #open(member: Member<stt.STT>, asksForRest = false): Ear {
    const ear = new Ear(member, {
      onListening: this.#onListening,
      onEvent: (from, event) => this.#onEvent(from, event),
      onEnd: (from, reason) => this.#onEnd(from, reason),
    });
    if (!this.#understood) for (const frame of this.#memory.frames()) ear.feed(frame);
    if (asksForRest && !this.#speaking) ear.flush();
    return ear;
  }

  #onEvent(ear: Ear, event: stt.SpeechEvent): void {
    if (this.#stopped) return;
    const hasWords = (event.alternatives?.[0]?.text ?? '') !== '';
    if (ear === this.#second && hasWords) this.#promote(ear);
    if (ear !== this.#main) return;
    if (event.type !== stt.SpeechEventType.RECOGNITION_USAGE) this.#heardAnything = true;
    if (this.#speaking && event.type === stt.SpeechEventType.INTERIM_TRANSCRIPT) this.#speaksEarly = true;
    if (hasWords) [this.#failures, this.#failingSince, this.#lost] = [0, 0, 0];
    if (hasWords && event.type === stt.SpeechEventType.FINAL_TRANSCRIPT) this.#onFinal(ear);
    this.#put(event);
  }

  #onFinal(ear: Ear): void {
    this.#chain.answered(ear.member);
    if (this.#second) {
      this.#second.close();
      this.#second = undefined;
    }
    if (!this.#speaking && !this.#understood && ear.openedAt < this.#spokeAt)
      this.#usualDelayMs = 0.7 * this.#usualDelayMs + 0.3 * (Date.now() - this.#endedAt);
    this.#finalAt = Date.now();
    this.#soundMs = 0;
    if (this.#speaking) this.#memory.understood(noticedLateMs);
    else this.#understand();
  }

  #promote(ear: Ear): void {
    this.#main?.close();
    this.#main = ear;
    this.#second = undefined;
  }

  #onEnd(ear: Ear, reason: string): void {
    if (this.#stopped || (ear !== this.#main && ear !== this.#second)) return;
    this.#chain.fault(ear.member, reason);
    if (ear === this.#second) {
      this.#second = undefined;
      if (this.#main) {
        this.#listenAgain(ear.member);
        return;
      }
    } else this.#main = undefined;
    if (this.#second) {
      this.#main = this.#second;
      this.#second = undefined;
      return;
    }
    const worked = Date.now() - ear.openedAt > 5_000;
    if (worked) [this.#failures, this.#failingSince] = [0, 0];
    this.#failures++;
    this.#failingSince ||= Date.now();
    const failedMs = Date.now() - this.#failingSince;
    const isHopeless = this.#failures >= reconnect.attempts || failedMs >= reconnect.giveUpMs;
    if (this.#chain.isRefused || isHopeless) {
      this.#chain.exhausted();
      return;
    }
    const next = worked ? ear.member : this.#chain.after(ear.member);
    const wasTried = next === ear.member && !worked;
    const delayMs = wasTried ? Math.min(reconnect.mostMs, reconnect.firstMs * 2 ** (this.#failures - 1)) : 0;
    setTimeout(() => {
      if (this.#stopped || this.#main) return;
      this.#main = this.#open(next);
      if (!this.#speaking) this.#await();
    }, delayMs);
  }

  #after(ms: number, what: () => unknown): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      if (!this.#stopped) what();
    }, ms);
    this.#timers.add(timer);
  }

  #clear(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}
