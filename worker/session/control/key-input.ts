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
  #collectors = 0;

  constructor(room: Room, hooks: Hooks) {
    this.#hooks = hooks;
    room.on(RoomEvent.DtmfReceived, (_code, digit, from: RemoteParticipant | undefined) => {
      if (!isPersonIdentity(from?.identity ?? '')) this.press(digit);
    });
  }

  /** Somebody reads the keys by themselves until they call what this answers. */
  collect(): () => void {
    this.#collectors++;
    this.#forget();
    return () => {
      this.#collectors--;
    };
  }

  press(digit: string): void {
    if (this.#collectors > 0 || this.#hooks.ignore()) return;
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
    if (digits !== '' && this.#collectors === 0 && !this.#hooks.ignore()) this.#hooks.typed(digits);
  }

  #forget(): void {
    clearTimeout(this.#timer);
    this.#digits = '';
  }
}

/** As the model reads it. */
export const keysMessage = (digits: string): string => `[keys pressed: ${digits}]`;
