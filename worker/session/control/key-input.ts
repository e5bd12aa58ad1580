import { type RemoteParticipant, type Room, RoomEvent } from '@livekit/rtc-node';
import { isPersonIdentity } from '../../../core/calls/plan.ts';

/** A number is typed in one go; what comes after this pause is another one. */
const pauseMs = 1_500;

interface Hooks {
  /** Keys mean nothing to the conversation now: a transfer, somebody else has the caller. */
  readonly ignore: () => boolean;
  readonly typed: (digits: string) => void;
}

/** Keys that the caller presses when nobody asked for any, as one message for the model. */
export class KeyInput {
  readonly #hooks: Hooks;
  #digits = '';
  #timer: NodeJS.Timeout | undefined;
  /** Who reads the keys by themselves; the last one does. */
  readonly #collectors: ((digit: string) => void)[] = [];
  #collectedAt = Number.NEGATIVE_INFINITY;

  constructor(room: Room, hooks: Hooks) {
    this.#hooks = hooks;
    room.on(RoomEvent.DtmfReceived, (_code, digit, from: RemoteParticipant | undefined) => {
      if (!isPersonIdentity(from?.identity ?? '')) this.press(digit);
    });
  }

  /** Somebody reads the keys by themselves, those of just now too, until they call what this answers. */
  collect(hear: (digit: string) => void): () => void {
    const before = this.#digits;
    this.#forget();
    this.#collectors.push(hear);
    for (const digit of before) this.press(digit);
    return () => void this.#collectors.splice(this.#collectors.indexOf(hear), 1);
  }

  press(digit: string): void {
    const collector = this.#collectors.at(-1);
    if (collector) {
      this.#collectedAt = Date.now();
      collector(digit);
      return;
    }
    if (this.#hooks.ignore()) return;
    // Many people end a number with it, also one that was complete without.
    const endsNumber = Date.now() - this.#collectedAt < pauseMs && /[#*]/.test(digit);
    if (endsNumber) return;
    this.#digits += digit;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#tell(), pauseMs);
  }

  close(): void {
    this.#forget();
  }

  #tell(): void {
    const digits = this.#digits;
    this.#forget();
    if (digits !== '' && !this.#hooks.ignore()) this.#hooks.typed(digits);
  }

  #forget(): void {
    clearTimeout(this.#timer);
    this.#digits = '';
  }
}

/** As the model reads it. */
export const keysMessage = (digits: string): string => `[keys pressed: ${digits}]`;
