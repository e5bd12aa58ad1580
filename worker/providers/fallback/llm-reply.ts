import type { llm } from '@livekit/agents';
import type { Chain, Member } from './chain.ts';
import { Attempt } from './llm-attempt.ts';
import { firstWithin, pause } from './pause.ts';
import { Retelling } from './retelling.ts';

export interface ReplyTiming {
  /** After this long without an answer another provider is asked as well, and whoever answers first is heard. */
  readonly overtakeMs: number;
  /** The same when the same provider has to be asked once more: a slow server is not made slower for little. */
  readonly overtakeAloneMs: number;
  /** Silence in the middle of a reply that counts as its end, unless a function's arguments are being written. */
  readonly gapMs: number;
  /** After this long nobody answers any more. */
  readonly giveUpMs: number;
  readonly attempts: number;
}

export const replyTiming: ReplyTiming = {
  overtakeMs: 1_500,
  overtakeAloneMs: 2_500,
  gapMs: 2_000,
  giveUpMs: 7_000,
  attempts: 5,
};

type Model = Member<llm.LLM>;
interface Options {
  readonly restartText: string;
  readonly mayBeSilent?: (() => boolean) | undefined;
  readonly timing: ReplyTiming;
}

/** One reply of the agent, from whichever provider gives it. */
export class Reply {
  readonly #chain: Chain<llm.LLM>;
  readonly #request: Parameters<llm.LLM['chat']>[0];
  readonly #options: Options;
  #said = '';
  #called = false;

  constructor(chain: Chain<llm.LLM>, request: Parameters<llm.LLM['chat']>[0], options: Options) {
    this.#chain = chain;
    this.#request = request;
    this.#options = options;
  }

  /** Ends without a word when nobody answers; the chain has told its listeners by then. Never throws. */
  async *chunks(signal: AbortSignal): AsyncGenerator<llm.ChatChunk> {
    let first: Model = this.#chain.current;
    for (let round = 0; round < this.#options.timing.attempts && !signal.aborted; round++) {
      const attempt = await this.#contest(first, signal);
      if (!attempt) {
        if (!signal.aborted) this.#chain.exhausted();
        return;
      }
      let broken: string | undefined;
      try {
        broken = yield* this.#listen(attempt, signal);
      } finally {
        attempt.close();
      }
      if (broken === undefined || signal.aborted) return;
      this.#chain.fault(attempt.member, broken);
      first = this.#chain.after(attempt.member);
    }
    if (!signal.aborted) this.#chain.exhausted();
  }

  /** Asks one after the other until somebody begins to answer. */
  async #contest(first: Model, signal: AbortSignal): Promise<Attempt | undefined> {
    const { attempts, giveUpMs } = this.#options.timing;
    const until = Date.now() + giveUpMs;
    const running = new Set<Attempt>();
    let newest = new Attempt(first, this.#request, this.#options.mayBeSilent);
    running.add(newest);
    let asked = 1;
    let overtakeAt = Date.now() + this.#overtakeMs(newest.member);
    const ask = (member: Model) => {
      newest = new Attempt(member, this.#request, this.#options.mayBeSilent);
      running.add(newest);
      asked++;
      overtakeAt = Date.now() + this.#overtakeMs(member);
    };
    const closeOthers = (winner?: Attempt) => {
      for (const other of running) if (other !== winner) other.close();
    };
    while (!signal.aborted) {
      const wait = Math.min(until, asked < attempts ? overtakeAt : until) - Date.now();
      const ended = await firstWithin(
        wait,
        signal,
        [...running].map((attempt) => attempt.begun()),
      );
      if (signal.aborted) break;
      if (!ended) {
        this.#chain.fault(newest.member, 'The language model does not answer.');
        if (Date.now() >= until) break;
        ask(this.#chain.after(newest.member));
        continue;
      }
      if (ended.failure === undefined) {
        closeOthers(ended);
        if (ended.hasAnswer) this.#chain.answered(ended.member);
        return ended;
      }
      running.delete(ended);
      ended.close();
      this.#chain.fault(ended.member, ended.failure);
      if (running.size > 0) continue;
      if (asked >= attempts || this.#chain.isRefused) return undefined;
      const next = this.#chain.after(ended.member);
      if (next === ended.member) await pause(200 * 2 ** (asked - 1), signal);
      ask(next);
    }
    closeOthers();
    return undefined;
  }

  /** Passes an answer on. Returns what broke it off, if anything did. */
  async *#listen(attempt: Attempt, signal: AbortSignal): AsyncGenerator<llm.ChatChunk, string | undefined> {
    const retelling = new Retelling(this.#said, this.#options.restartText);
    for (;;) {
      const step = await firstWithin(this.#options.timing.gapMs, signal, [attempt.next()]);
      if (signal.aborted) return undefined;
      if (step === undefined && attempt.wroteWithin(this.#options.timing.gapMs)) {
        // Whoever listens is to know that there is more to come.
        yield { id: 'writing' };
        continue;
      }
      // What a function was called for is not asked for twice.
      if (step === undefined)
        return this.#called ? undefined : 'The language model stopped in the middle of its reply.';
      if (step.done) {
        const broken = this.#called ? undefined : attempt.failure;
        // Whoever listens is to know that to say nothing was the answer.
        if (broken === undefined && !attempt.hasAnswer) yield { id: 'silence' };
        return broken;
      }
      attempt.consume();
      const { chunk } = step;
      this.#called ||= (chunk.delta?.toolCalls?.length ?? 0) > 0;
      const content = chunk.delta?.content;
      if (!content || !chunk.delta) {
        yield chunk;
        continue;
      }
      const fresh = retelling.push(content);
      if (fresh === '') continue;
      this.#said += fresh;
      yield fresh === content ? chunk : { ...chunk, delta: { ...chunk.delta, content: fresh } };
    }
  }

  #overtakeMs(member: Model): number {
    const { overtakeMs, overtakeAloneMs } = this.#options.timing;
    return this.#chain.hasOther(member) ? overtakeMs : overtakeAloneMs;
  }
}
