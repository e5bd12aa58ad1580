import type { EndReason } from '../../core/calls/events.ts';
import type { PhraseName } from './phrases.ts';

export interface Ending {
  readonly reason: EndReason;
  readonly detail: string;
  /** The last words, when there is somebody to hear them. */
  readonly farewell: PhraseName | null;
  /** The caller has been put through: the room lives on without the agent. `announced`: the two may be recorded. */
  readonly bridge?:
    | { readonly transferId: string; readonly to: string; readonly announced: boolean }
    | undefined;
}

/** How a call ends: the first reason wins, and everything that waits in the call is told by the signal. */
export class Outcome {
  readonly #over = new AbortController();
  #ending: Ending | undefined;

  get signal(): AbortSignal {
    return this.#over.signal;
  }

  get ending(): Ending | undefined {
    return this.#ending;
  }

  finish(
    reason: EndReason,
    detail = '',
    farewell: PhraseName | null = null,
    bridge?: NonNullable<Ending['bridge']>,
  ): void {
    if (this.#ending) return;
    this.#ending = { reason, detail, farewell, bridge };
    this.#over.abort(new CallOver(reason));
  }

  async wait(): Promise<Ending> {
    if (!this.#ending)
      await new Promise<void>((resolve) =>
        this.signal.addEventListener('abort', () => resolve(), { once: true }),
      );
    return this.#ending ?? { reason: 'internal_error', detail: '', farewell: null };
  }
}

/** Thrown by whatever waited in a call that is over. */
export class CallOver extends Error {
  override readonly name = 'CallOver';
}
