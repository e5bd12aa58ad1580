import { setTimeout as sleep } from 'node:timers/promises';
import type { Room } from '@livekit/rtc-node';

/** Event codes of RFC 4733, section 3.2. */
const codes = '0123456789*#ABCD';
/** Shorter gaps are lost on some menus. */
const gapMs = 300;
const pauseMs = 500;

/** The keys that the agent's side presses, whoever asks for them: one row of keys after the other, never two mixed. */
export class Keypad {
  readonly #room: Pick<Room, 'localParticipant'>;
  readonly #over: AbortSignal;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** @param over aborted when the call is over: nothing is pressed any more */
  constructor(room: Pick<Room, 'localParticipant'>, over: AbortSignal) {
    this.#room = room;
    this.#over = over;
  }

  /** Keys are being pressed. */
  get busy(): boolean {
    return this.#waiting > 0;
  }

  /**
   * Resolves when all of them are pressed; rejects when the call is over, or the line is gone.
   *
   * @param keys digits, *, #, A to D in capitals; a comma is half a second
   * @param onBegin the first one is pressed
   */
  press(keys: string, onBegin: () => void = () => undefined): Promise<void> {
    this.#waiting++;
    const run = this.#last.then(() => this.#row(keys, onBegin)).finally(() => this.#waiting--);
    this.#last = run.catch(() => undefined);
    return run;
  }

  async #row(keys: string, onBegin: () => void): Promise<void> {
    for (const [at, key] of [...keys].entries()) {
      this.#over.throwIfAborted();
      if (key === ',') await sleep(pauseMs);
      else {
        const me = this.#room.localParticipant;
        if (!me) throw new Error('The line is gone.');
        await me.publishDtmf(codes.indexOf(key), key);
      }
      if (at === 0) onBegin();
      if (key !== ',') await sleep(gapMs);
    }
  }
}
