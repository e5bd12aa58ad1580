import type { voice } from '@livekit/agents';
import { background } from '../../platform/background.ts';
import type { ProviderSet } from '../providers/index.ts';
import type { Caller } from './caller.ts';
import { carryOut, whisperTo } from './control/commands.ts';
import { ControlLink } from './control/control-link.ts';
import { cutIn } from './control/cut-in.ts';
import { KeyInput, keysMessage } from './control/key-input.ts';
import { Keypad } from './control/keypad.ts';
import { Silence } from './control/silence.ts';
import { Supervisors } from './control/supervisors.ts';
import { Departures } from './departures.ts';
import { Guests } from './guests.ts';
import { MediaGate } from './media-gate.ts';
import type { CallParts } from './parts.ts';
import type { Speech } from './speech.ts';
import { Transfers } from './transfer/transfers.ts';
import { WaitingRoom } from './transfer/waiting-room.ts';

interface Around {
  readonly caller: Caller;
  readonly speech: Speech;
  readonly handOff: (agentId: string) => Promise<string>;
}

/** Everybody beside agent and caller: people of a transfer, supervisors, and what they do to the call. */
export class Switchboard {
  readonly silence: Silence;
  readonly transfers: Transfers;
  readonly keys: KeyInput;
  readonly keypad: Keypad;
  readonly guests: Guests;
  readonly departures = new Departures();
  readonly #waiting: WaitingRoom;
  readonly #supervisors: Supervisors;
  readonly #gate: MediaGate;
  #session: voice.AgentSession | undefined;

  constructor(parts: CallParts, { caller, speech, handOff }: Around) {
    this.#gate = new MediaGate(parts);
    this.#waiting = new WaitingRoom(parts, speech, this.#gate);
    this.silence = new Silence(parts, () => this.#waiting.holds);
    this.guests = new Guests(parts);
    this.keypad = new Keypad(parts.ctx.room, parts.outcome.signal);
    this.transfers = new Transfers(parts, caller, {
      ...{ waiting: this.#waiting, guests: this.guests, silence: this.silence },
    });
    this.#supervisors = new Supervisors(parts, {
      spoke: (text) => this.silence.hearColleague(text),
      whispered: async (text) => {
        if (this.#session) await whisperTo(this.#session, text);
      },
    });
    this.keys = new KeyInput(parts.ctx.room, {
      ignore: () => this.busy || parts.outcome.ending !== undefined || caller.answeredAt === 0,
      typed: (digits) => {
        const answer = async () => {
          const session = this.#session;
          if (!session) return;
          await cutIn(session);
          session.generateReply({ userInput: keysMessage(digits) });
        };
        background(parts.log, 'telling the agent which keys were pressed', answer());
      },
    });
    new ControlLink(parts, ({ id, action }) =>
      carryOut(
        {
          ...{ parts, speech, handOff },
          silence: this.silence,
          transfers: this.transfers,
          waiting: this.#waiting,
          supervisors: this.#supervisors,
          keypad: this.keypad,
          departures: this.departures,
          session: () => this.#session,
          answered: () => caller.answeredAt > 0,
        },
        id,
        action,
      ),
    );
    parts.outcome.signal.addEventListener('abort', () => this.#close(), { once: true });
  }

  /** Again after a hand-off: another agent has other providers. */
  attach(session: voice.AgentSession, providers: ProviderSet): void {
    this.#session = session;
    this.silence.attach(session);
    this.guests.attach(session);
    this.#waiting.attach(session, providers);
    this.#supervisors.attach(providers);
  }

  /** The agent does not lead the conversation now. */
  get busy(): boolean {
    return this.silence.on || this.transfers.running;
  }

  #close(): void {
    this.#waiting.stop();
    this.keys.close();
    this.#supervisors.close();
  }
}
