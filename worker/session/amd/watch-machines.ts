import { setTimeout as sleep } from 'node:timers/promises';
import { voice } from '@livekit/agents';
import { background } from '../../../platform/background.ts';
import type { Silence } from '../control/silence.ts';
import type { CallParts } from '../parts.ts';
import type { Speech } from '../speech.ts';
import { Ear } from './ear.ts';
import { GreetingEnd } from './greeting-end.ts';
import { Judge, type Judgement } from './judge.ts';

const askEveryMs = 100;
/** After this nobody wonders any more who answered. */
const watchMs = 45_000;
/** An assistant that screens calls has asked its question when it is silent for so long. */
const questionOverMs = 900;
const longestQuestionMs = 15_000;

interface Around {
  readonly session: voice.AgentSession;
  readonly speech: Speech;
  readonly silence: Silence;
  /** Epoch ms. */
  readonly answeredAt: number;
}

/**
 * Finds out whether a person or a machine has answered a call of ours, while the agent is already talking: a person
 * never waits for it. A machine is hung up on, or left a message after its greeting; a screening assistant is told who
 * calls and why. To be called when the line is up.
 */
export function watchForMachines(parts: CallParts, around: Around): void {
  const { plan } = parts;
  const { action } = plan.definition.voicemail;
  if (action === 'ignore' || plan.channel !== 'phone' || plan.direction !== 'outbound' || plan.resume) return;
  new MachineWatch(parts, around).start();
}

class MachineWatch {
  readonly #parts: CallParts;
  readonly #around: Around;
  readonly #judge: Judge;
  readonly #end = new GreetingEnd();
  #deafen: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #machine = false;

  constructor(parts: CallParts, around: Around) {
    this.#parts = parts;
    this.#around = around;
    this.#judge = new Judge(parts.plan.definition.language);
  }

  start(): void {
    const { outcome, sound, plan, log } = this.#parts;
    const { session, speech } = this.#around;
    let ear: Ear | undefined;
    this.#deafen = sound.listen((samples, fresh) => {
      // A stream that begins anew begins now.
      if (fresh || !ear) ear = this.#newEar(this.#now - samples.length / 16);
      ear.push(samples);
    });
    session.on(voice.AgentSessionEventTypes.UserInputTranscribed, this.#onWords);
    this.#timer = setInterval(() => this.#ask(), askEveryMs);
    outcome.signal.addEventListener('abort', () => this.#stop(), { once: true });
    const { action, message } = plan.definition.voicemail;
    if (action === 'leave_message') background(log, 'rendering the message ahead', speech.render(message));
  }

  get #now(): number {
    return Date.now() - this.#around.answeredAt;
  }

  readonly #onWords = ({ transcript, isFinal }: { transcript: string; isFinal: boolean }): void => {
    this.#judge.words(transcript, isFinal, this.#now);
  };

  #newEar(startMs: number): Ear {
    return new Ear(
      {
        onVoice: (active, atMs) => {
          this.#judge.voice(active, atMs);
          this.#end.voice(active, atMs);
        },
        onTone: (active, hertz, atMs) => {
          if (active) this.#judge.tone(hertz);
          this.#end.tone(active, atMs);
        },
      },
      startMs,
    );
  }

  #ask(): void {
    if (this.#machine) return;
    const now = this.#now;
    const judgement = this.#judge.ask(now);
    if (judgement) this.#act(judgement, now);
    else if (now > watchMs) this.#stop();
  }

  #act({ verdict, reasons }: Judgement, afterAnswerMs: number): void {
    const { events, log, plan } = this.#parts;
    const { transcript } = this.#judge;
    log.info({ verdict, afterAnswerMs }, 'who answered');
    events.emit({ type: 'amd.verdict', verdict, reasons: [...reasons], afterAnswerMs, transcript });
    if (verdict === 'screening') background(log, 'answering a call screening', this.#introduce());
    if (verdict !== 'machine') return;
    this.#machine = true;
    // The agent's own words stop, and it does not answer what the machine says.
    this.#around.silence.mute();
    if (plan.definition.voicemail.action === 'hang_up')
      this.#finish(`A machine answered: ${reasons.join(', ')}.`);
    else background(log, 'leaving a message', this.#leaveMessage());
  }

  async #leaveMessage(): Promise<void> {
    const { outcome, plan, log } = this.#parts;
    const { signal } = outcome;
    for (let over: string | undefined; !signal.aborted; await sleep(20)) {
      over = this.#end.ask(this.#now);
      if (over === undefined) continue;
      try {
        const { message } = plan.definition.voicemail;
        const handle = await this.#around.speech.say(message, 'say', { interruptible: false });
        await handle?.waitForPlayout();
        this.#finish(`Left a message ${over}.`);
      } catch (error) {
        log.error({ err: error }, 'a message could not be left');
        this.#finish('A machine answered, and the message could not be said.');
      }
      return;
    }
  }

  /**
   * Says who calls and why, in the definition's words or the model's, once the assistant has said what it wants to
   * know: it pauses between its sentences, and what it says meanwhile is not for the model to answer.
   */
  async #introduce(): Promise<void> {
    const { plan, outcome } = this.#parts;
    const { session, speech, silence } = this.#around;
    const giveUpAt = this.#now + longestQuestionMs;
    silence.hold();
    while (this.#end.quietFor(this.#now) < questionOverMs && this.#now < giveUpAt && !outcome.signal.aborted)
      await sleep(20);
    session.clearUserTurn();
    const maySpeak = await silence.release();
    if (!maySpeak || outcome.signal.aborted) return;
    const line = plan.definition.voicemail.screeningLine.trim();
    if (line !== '') {
      await speech.say(line, 'say', { interruptible: false });
      return;
    }
    session.generateReply({
      instructions:
        'An automated assistant screens this call and asks who is calling and why. Say in one or two short sentences who you are and why you call. Then wait; do not ask anything.',
      allowInterruptions: false,
    });
  }

  #finish(detail: string): void {
    this.#parts.outcome.finish('voicemail', detail);
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#deafen?.();
    this.#around.session.off(voice.AgentSessionEventTypes.UserInputTranscribed, this.#onWords);
  }
}
