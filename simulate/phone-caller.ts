import { setTimeout as sleep } from 'node:timers/promises';
import { atLevel, TELEPHONE_RMS } from './audio/level.ts';
import { transcribe } from './audio/transcribe.ts';
import { silentAfter, turnEndMs, untilMoment } from './barge-in.ts';
import type { BargeIn, Noise, Step } from './scenario.ts';
import type { OutgoingCall } from './softphone/outgoing-call.ts';
import { LEAD_MS, type Sounds, TELEPHONE_HZ } from './sounds.ts';

const patienceMs = 45_000;
/** An agent that has not begun by then waits for the caller. */
const greetingWithinMs = 6_000;
/** So much sound is speech. */
const speechMs = 200;

/** When the caller began a step, Unix ms, and what was heard of the agent then. */
export interface Moment {
  readonly at: number;
  /** How long it was silent before it answered. */
  readonly tookMs: number;
  /** Of a silence: when in it the agent was heard; null: not at all. */
  readonly promptMs?: number | null;
  readonly note?: string;
  readonly wrong?: string;
}

/** The person on the telephone: says lines, presses keys, keeps silent, interrupts, and listens. */
export class PhoneCaller {
  readonly #call: OutgoingCall;
  readonly #speechUrl: string;
  readonly #noise: Noise;
  readonly #sounds: Sounds;
  /** First sound of what the agent is saying. */
  #agentSince = 0;
  /** What is heard behind the caller now. */
  #around: Noise = null;

  constructor(call: OutgoingCall, speechUrl: string, noise: Noise, sounds: Sounds) {
    this.#call = call;
    this.#speechUrl = speechUrl;
    this.#noise = noise;
    this.#sounds = sounds;
    this.#surround(noise);
  }

  /** Hears the greeting out, or its beginning when the first step interrupts it. */
  async greeting(next: Step | undefined): Promise<number> {
    const afterMs = this.#call.answeredAt ?? 0;
    const begun = this.#call.heardSpeech({ afterMs, minMs: speechMs, timeoutMs: greetingWithinMs });
    const speaks = await Promise.race([
      begun.then(
        () => true,
        () => false,
      ),
      this.#call.ended.then(() => false),
    ]);
    return speaks ? this.#reply(afterMs, next) : 0;
  }

  async take(step: Step, next: Step | undefined): Promise<Moment> {
    this.#surround(step.noise === undefined ? this.#noise : step.noise);
    if ('silence_ms' in step) return this.#keepSilent(step.silence_ms, next);
    if ('say' in step) return this.#say(step.say, step.barge_in, next);
    const at = Date.now();
    await Promise.race([this.#call.sendDtmf(step.digits), this.#call.ended]);
    return { at, tookMs: await this.#reply(performance.now(), next) };
  }

  /** What the agent has said since its last first sound, as it was heard. */
  heard(): Promise<string> {
    if (this.#agentSince === 0) return Promise.resolve('');
    const samples = this.#call.heardBetween(this.#agentSince - 100);
    return transcribe({ speechUrl: this.#speechUrl, samples, sampleRate: TELEPHONE_HZ });
  }

  async #keepSilent(forMs: number, next: Step | undefined): Promise<Moment> {
    const [at, fromMs] = [Date.now(), performance.now()];
    await Promise.race([sleep(forMs), this.#call.ended]);
    const prompt = this.#call
      .speechSegments()
      .find(({ startMs, endMs }) => endMs - Math.max(startMs, fromMs) >= speechMs);
    if (prompt || interrupts(next)) await this.#reply(fromMs, next);
    return { at, tookMs: 0, promptMs: prompt ? Math.round(Math.max(0, prompt.startMs - fromMs)) : null };
  }

  async #say(text: string, bargeIn: BargeIn | undefined, next: Step | undefined): Promise<Moment> {
    const spoken = await this.#sounds.of(text);
    const samples = this.#around === null ? spoken : atLevel(spoken, TELEPHONE_RMS);
    const missed = bargeIn && (await untilMoment(this.#call, bargeIn, this.#agentSince, () => this.heard()));
    const at = Date.now();
    // On a line that is dead nothing is ever played to its end.
    if (this.#call.end) return { at, tookMs: 0, wrong: missed ?? 'the agent hung up before it' };
    const { startedAt, lastSpeechAt } = await this.#call.play(samples);
    if (bargeIn === undefined || missed !== undefined || this.#call.end)
      return { at, tookMs: await this.#reply(lastSpeechAt, next), ...(missed ? { wrong: missed } : {}) };
    const { silent_within_ms: withinMs } = bargeIn;
    const spokeAt = startedAt + LEAD_MS;
    const silentMs = await silentAfter(this.#call, spokeAt, lastSpeechAt, withinMs);
    const moment = {
      at,
      tookMs: await this.#reply(Math.max(lastSpeechAt, spokeAt + (silentMs ?? 0)), next),
    };
    return silentMs !== null && silentMs <= withinMs
      ? { ...moment, note: `interrupts; the agent fell silent after ${silentMs} ms` }
      : {
          ...moment,
          wrong: `the agent went on ${silentMs === null ? '' : `${silentMs} ms `}after it was interrupted`,
        };
  }

  /**
   * Waits until the agent has spoken and is done, or has hung up; only for its first sound when it is to be
   * interrupted.
   */
  async #reply(afterMs: number, next: Step | undefined): Promise<number> {
    const listen = async () => {
      const wanted = { afterMs, minMs: speechMs, timeoutMs: patienceMs };
      const { startedAt } = await this.#call.heardSpeech(wanted);
      this.#agentSince = startedAt;
      if (!interrupts(next)) await this.#call.heardSilence({ ms: turnEndMs, timeoutMs: patienceMs });
      return startedAt - afterMs;
    };
    this.#agentSince = 0;
    const listening = listen();
    listening.catch(() => undefined);
    return Promise.race([listening, this.#call.ended.then(() => 0)]);
  }

  #surround(noise: Noise): void {
    if (noise === this.#around) return;
    this.#around = noise;
    this.#call.media.setBackground(this.#sounds.behind(noise));
  }
}

const interrupts = (step: Step | undefined): boolean =>
  step !== undefined && 'say' in step && step.barge_in !== undefined;
