/** How the agent gives the caller away. */
export type Departure = 'transfer' | 'hand_off' | 'hang_up';

const underWay: Record<Departure, string> = {
  transfer: 'A transfer is under way.',
  hand_off: 'Another agent is taking the call over.',
  hang_up: 'The agent is hanging up.',
};

/**
 * One departure at a time, whoever asks for it: the model may call several functions at once, and a supervisor may ask
 * while it does. Two would leave an agent speaking to somebody on hold, or hang up on somebody who is being put
 * through.
 */
export class Departures {
  #current: Departure | undefined;

  get current(): Departure | undefined {
    return this.#current;
  }

  /** Answers what to call when it is over, or, in words, what is in its way. */
  begin(kind: Departure): (() => void) | string {
    if (this.#current) return underWay[this.#current];
    this.#current = kind;
    let isOver = false;
    return () => {
      if (!isOver) this.#current = undefined;
      isOver = true;
    };
  }
}
