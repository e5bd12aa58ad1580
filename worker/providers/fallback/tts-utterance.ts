import { createTimedString, type TimedString, type tts } from '@livekit/agents';
import { AudioFrame } from '@livekit/rtc-node';
import { Captions } from './captions.ts';
import type { Chain, Member } from './chain.ts';
import { firstWithin, pause } from './pause.ts';
import { hasWords, isSpeakable, resumeAt, type Script } from './script.ts';
import { TtsAttempt } from './tts-attempt.ts';

export interface UtteranceTiming {
  /** Words were sent and no sound came: the caller is asked to wait. */
  readonly fillAfterMs: number;
  /** And after this long another voice is asked as well. */
  readonly overtakeMs: number;
  /** The same when there is only one: it is connected anew. Each time later: one that is overloaded is not helped. */
  readonly overtakeAloneMs: number;
  /** What the caller may hear of a voice that stops in the middle, on top of what is still to be played. */
  readonly gapMs: number;
  readonly giveUpMs: number;
  /** When there is only one: slow words are better than none. */
  readonly giveUpAloneMs: number;
  readonly attempts: number;
}

export const utteranceTiming: UtteranceTiming = {
  fillAfterMs: 1_200,
  overtakeMs: 1_300,
  overtakeAloneMs: 2_000,
  gapMs: 1_500,
  giveUpMs: 6_000,
  giveUpAloneMs: 12_000,
  attempts: 5,
};

/** The plugin of a provider: one for the whole call, or instead of one that is stuck a fresh one. */
export interface Plugins {
  get(member: Member<tts.TTS>): tts.TTS;
  renew(member: Member<tts.TTS>): tts.TTS;
}

interface Options {
  readonly plugins: Plugins;
  readonly timing: UtteranceTiming;
  /** Frames to be heard while the voice is silent, if there are any. */
  readonly filler: () => readonly AudioFrame[];
  /** The words go with the sound although a provider may not time them. */
  readonly mustCaption: boolean;
}

export interface Sound {
  readonly frame: AudioFrame;
  readonly words: readonly TimedString[];
}

const tickMs = 50;

/** What is to be said at one go, by whichever voice can. */
export class Utterance {
  readonly #chain: Chain<tts.TTS>;
  readonly #script: Script;
  readonly #options: Options;
  readonly #captions: Captions;
  /** Up to here the script has been spoken. */
  #at = 0;
  #seconds = 0;
  #filled = false;
  #startedAt = 0;
  #sentAt = 0;

  constructor(chain: Chain<tts.TTS>, script: Script, options: Options) {
    this.#chain = chain;
    this.#script = script;
    this.#options = options;
    this.#captions = new Captions(script, options.mustCaption);
  }

  /** Epoch ms when some provider got the first words; 0: not yet. */
  get sentAt(): number {
    return this.#sentAt;
  }

  /** Returns whether everything was said. Never throws. */
  async *sounds(signal: AbortSignal): AsyncGenerator<Sound, boolean> {
    let first = this.#chain.current;
    for (let round = 0; round < this.#options.timing.attempts && !signal.aborted; round++) {
      const attempt = yield* this.#contest(first, round > 0, signal);
      if (!attempt) return signal.aborted || this.#isSaid();
      let broken: string | undefined;
      try {
        broken = yield* this.#listen(attempt, signal);
      } finally {
        attempt.close();
      }
      if (broken === undefined || signal.aborted) return true;
      this.#chain.fault(attempt.member, broken);
      if (this.#isSaid()) return true;
      first = this.#chain.after(attempt.member);
    }
    return signal.aborted;
  }

  /** Nothing is left but blanks. */
  #isSaid(): boolean {
    return this.#script.ended && !hasWords(this.#script.text.slice(this.#at));
  }

  /** Asks one voice after the other until there is a sound. */
  async *#contest(
    first: Member<tts.TTS>,
    isRepair: boolean,
    signal: AbortSignal,
  ): AsyncGenerator<Sound, TtsAttempt | undefined> {
    const { timing, plugins } = this.#options;
    const running = new Set<TtsAttempt>();
    const start = (member: Member<tts.TTS>, fresh: boolean): TtsAttempt => {
      const plugin = fresh ? plugins.renew(member) : plugins.get(member);
      const attempt = new TtsAttempt(member, plugin, this.#script, this.#at);
      running.add(attempt);
      return attempt;
    };
    let asked = 1;
    let [newest, askedAt, readyAt] = [start(first, isRepair), Date.now(), 0];
    try {
      while (!signal.aborted) {
        const pieces = [...running].map((attempt) => attempt.next().then(() => attempt));
        const settled = await firstWithin(tickMs, signal, pieces);
        if (signal.aborted) return undefined;
        if (isSpeakable(this.#script.text.slice(this.#at), this.#script.ended)) readyAt ||= Date.now();
        this.#sentAt ||= newest.sentAt || readyAt;
        if (settled?.hasAudio) {
          running.delete(settled);
          this.#chain.answered(settled.member);
          return settled;
        }
        if (settled) {
          running.delete(settled);
          settled.close();
          if (this.#isSaid()) return undefined;
          this.#chain.fault(settled.member, settled.failure ?? 'The synthesiser returned no sound.');
          if (running.size > 0) continue;
          if (asked >= timing.attempts || this.#chain.isRefused) return undefined;
          const next = this.#chain.after(settled.member);
          if (next === settled.member) await pause(150 * 2 ** (asked - 1), signal);
          [newest, askedAt] = [start(next, next === settled.member), Date.now()];
          asked++;
          continue;
        }
        if (readyAt === 0) continue;
        const silentMs = Date.now() - readyAt;
        if (silentMs >= timing.fillAfterMs) yield* this.#fill();
        const isAlone = !this.#chain.hasOther(newest.member);
        if (silentMs >= (isAlone ? timing.giveUpAloneMs : timing.giveUpMs)) {
          this.#chain.fault(newest.member, 'The synthesiser does not answer.');
          return undefined;
        }
        const limit = isAlone ? timing.overtakeAloneMs * 2 ** (asked - 1) : timing.overtakeMs;
        if (asked >= timing.attempts || Date.now() - Math.max(readyAt, askedAt) < limit) continue;
        this.#chain.fault(newest.member, 'The synthesiser does not answer.');
        const next = this.#chain.after(newest.member);
        [newest, askedAt] = [start(next, next === newest.member), Date.now()];
        asked++;
      }
      return undefined;
    } finally {
      for (const loser of running) loser.close();
    }
  }

  *#fill(): Generator<Sound> {
    if (this.#filled || this.#seconds > 0) return;
    this.#filled = true;
    for (const frame of this.#options.filler()) yield this.#sound(frame, []);
  }

  /** Passes the sound on. Returns what broke it off, if anything did. */
  async *#listen(attempt: TtsAttempt, signal: AbortSignal): AsyncGenerator<Sound, string | undefined> {
    const from = this.#seconds;
    const { gapMs } = this.#options.timing;
    let [words, rate, lastAt] = ['', 0, Date.now()];
    this.#captions.begin(this.#at, { times: attempt.timesWords });
    const stop = (why: string | undefined): string | undefined => {
      if (why === undefined) this.#at = this.#script.text.length;
      else this.#at += resumeAt(this.#script.text.slice(this.#at), words, this.#seconds - from);
      return why;
    };
    for (;;) {
      const step = await firstWithin(tickMs * 4, signal, [attempt.next()]);
      if (signal.aborted) return undefined;
      if (step === undefined) {
        const audibleUntil = Math.max(lastAt, this.#startedAt + this.#seconds * 1_000);
        if (this.#script.ended && Date.now() - audibleUntil > gapMs)
          return stop('The synthesiser stopped in the middle.');
        continue;
      }
      if (step.done) {
        const owed = attempt.failure === undefined ? this.#captions.owed(this.#seconds) : [];
        if (owed.length > 0) yield this.#sound(instant(rate), owed);
        return stop(attempt.failure);
      }
      attempt.consume();
      lastAt = Date.now();
      const { frame, timedTranscripts } = step.audio;
      rate = frame.sampleRate;
      const timed = timedTranscripts ?? timedOn(frame);
      words += timed.map(({ text }) => text).join('');
      const moved = timed.map((word) => later(word, from));
      yield this.#sound(frame, this.#captions.of(moved, secondsOf(frame), this.#seconds));
    }
  }

  #sound(frame: AudioFrame, words: readonly TimedString[]): Sound {
    this.#startedAt ||= Date.now();
    this.#seconds += secondsOf(frame);
    return { frame, words };
  }
}

const secondsOf = ({ samplesPerChannel, sampleRate }: AudioFrame): number => samplesPerChannel / sampleRate;

/** Ten milliseconds of silence, for words that need a frame to go with. */
const instant = (sampleRate: number): AudioFrame =>
  new AudioFrame(new Int16Array(sampleRate / 100), sampleRate, 1, sampleRate / 100);

/** Where adapters of the framework keep a frame's words. */
const timedOn = (frame: AudioFrame): readonly TimedString[] =>
  (frame.userdata['lk.timed_transcripts'] as TimedString[] | undefined) ?? [];

function later(word: TimedString, bySeconds: number): TimedString {
  if (bySeconds === 0) return word;
  const { text, startTime = 0, endTime } = word;
  return createTimedString({
    text,
    startTime: startTime + bySeconds,
    ...(endTime === undefined ? {} : { endTime: endTime + bySeconds }),
  });
}
