import type { voice } from '@livekit/agents';
import { type Room, RoomEvent } from '@livekit/rtc-node';
import type { CallPlan } from '../../core/calls/plan.ts';
import { background } from '../../platform/background.ts';
import { CallerSound } from './caller-sound.ts';
import { addToContext } from './control/silence.ts';
import type { CallParts } from './parts.ts';

/** A leg whose connection to LiveKit is made anew leaves the room for a moment, and is no person who has hung up. */
export const awayMs = 1_500;

const aloneAgain =
  'The person who was on the line with you two has hung up. You are alone with the caller again, and lead the conversation.';

/** Whoever was asked to join the caller and the agent: a conference of three, or more. */
export class Guests {
  readonly #parts: CallParts;
  readonly #present = new Set<string>();
  #session: voice.AgentSession | undefined;

  constructor(parts: CallParts) {
    this.#parts = parts;
  }

  /** Those who had joined when another worker had the call are heard from here on. */
  attach(session: voice.AgentSession): void {
    const isFirst = this.#session === undefined;
    this.#session = session;
    const { resume } = this.#parts.plan;
    if (!isFirst) return;
    for (const { identity, recorded } of resume?.guests ?? []) {
      if (recorded) this.record(identity);
      this.join(identity);
    }
  }

  /** The caller talks with somebody beside the agent. */
  get present(): boolean {
    return this.#present.size > 0;
  }

  /** From now on the agent hears them too. */
  join(identity: string): void {
    this.#present.add(identity);
    this.#parts.input.addGuest(identity);
    this.#noteWhenGone(identity);
  }

  /** They know that the call is recorded, and are on the right side of it from now on. */
  record(identity: string): void {
    const { recording, ctx, log } = this.#parts;
    const sound = new CallerSound(ctx.room, (one) => one.identity === identity, log);
    recording.addPerson((hear) => sound.listen(hear));
  }

  /** An agent that was told to let them talk leads the conversation again. */
  #noteWhenGone(identity: string): void {
    const { room } = this.#parts.ctx;
    const isHere = () => room.remoteParticipants.has(identity);
    let timer: NodeJS.Timeout | undefined;
    const look = () => {
      if (isHere() || timer) return;
      timer = setTimeout(() => {
        timer = undefined;
        if (isHere()) return;
        room.off(RoomEvent.ParticipantDisconnected, look);
        this.#gone(identity);
      }, awayMs);
    };
    room.on(RoomEvent.ParticipantDisconnected, look);
    look();
  }

  #gone(identity: string): void {
    const { outcome, log } = this.#parts;
    this.#present.delete(identity);
    if (outcome.ending || this.present || !this.#session) return;
    const told = addToContext(this.#session, (context) =>
      context.addMessage({ role: 'system', content: aloneAgain }),
    );
    background(log, 'telling the agent that somebody has left', told);
  }
}

/** A plan that names only those guests who are still in the room: the others have hung up while no worker was there. */
export function withGuestsIn(
  { remoteParticipants }: Pick<Room, 'remoteParticipants'>,
  plan: CallPlan,
): CallPlan {
  if (!plan.resume?.guests) return plan;
  const guests = plan.resume.guests.filter(({ identity }) => remoteParticipants.has(identity));
  return { ...plan, resume: { ...plan.resume, guests } };
}
