/** Retransmission times of RFC 3261 section 17, in milliseconds. */
export interface SipTimers {
  readonly t1Ms: number;
  readonly t2Ms: number;
  /** Timers B, F and H: how long a transaction tries before it gives up. */
  readonly giveUpMs: number;
}

export function sipTimers(t1Ms = 500): SipTimers {
  return { t1Ms, t2Ms: 8 * t1Ms, giveUpMs: 64 * t1Ms };
}

/** Calls `send` after T1, 2 T1, 4 T1 … (at most `capMs` apart) until stopped. */
export class Retransmission {
  #timer: NodeJS.Timeout | undefined;

  constructor(send: () => void, firstMs: number, capMs: number) {
    const again = (delayMs: number) => {
      this.#timer = setTimeout(() => {
        send();
        again(Math.min(delayMs * 2, capMs));
      }, delayMs);
    };
    again(firstMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
