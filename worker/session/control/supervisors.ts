import { type RemoteParticipant, RoomEvent } from '@livekit/rtc-node';
import type { SupervisorMode } from '../../../core/calls/control/command.ts';
import { isSupervisorIdentity } from '../../../core/calls/plan.ts';
import { background } from '../../../platform/background.ts';
import type { ProviderSet } from '../../providers/index.ts';
import { modeOf } from '../media-gate.ts';
import { Overhear, type Overheard } from '../overhear.ts';
import type { CallParts } from '../parts.ts';

interface Present {
  readonly mode: SupervisorMode | undefined;
  readonly ear: Overhear | undefined;
}

interface Hooks {
  /** The caller heard it. */
  readonly spoke: (text: string) => Promise<void>;
  /** For the agent alone. */
  readonly whispered: (text: string) => Promise<void>;
}

/** People of ours who take part by voice: what they may do is an attribute that only the server sets. */
export class Supervisors {
  readonly #parts: CallParts;
  readonly #hooks: Hooks;
  readonly #present = new Map<string, Present>();
  #providers: ProviderSet | undefined;

  constructor(parts: CallParts, hooks: Hooks) {
    this.#parts = parts;
    this.#hooks = hooks;
    const { room } = parts.ctx;
    const look = (participant: RemoteParticipant) => this.#look(participant);
    room.on(RoomEvent.ParticipantConnected, look);
    room.on(RoomEvent.ParticipantAttributesChanged, (_changed, participant) => {
      const remote = room.remoteParticipants.get(participant.identity);
      if (remote) look(remote);
    });
    room.on(RoomEvent.ParticipantDisconnected, ({ identity }) => this.#forget(identity));
  }

  /** Who is there already; to be called when somebody can be understood. */
  attach(providers: ProviderSet): void {
    this.#providers = providers;
    for (const participant of this.#parts.ctx.room.remoteParticipants.values()) this.#look(participant);
  }

  has(identity: string): boolean {
    return this.#present.has(identity);
  }

  close(): void {
    for (const { ear } of this.#present.values()) ear?.close();
    this.#present.clear();
  }

  #look(participant: RemoteParticipant): void {
    const { identity } = participant;
    if (!isSupervisorIdentity(identity) || !this.#providers) return;
    const mode = modeOf(participant);
    const before = this.#present.get(identity);
    if (before && before.mode === mode) return;
    before?.ear?.close();
    this.#present.set(identity, { mode, ear: this.#earFor(identity, mode) });
    this.#parts.events.emit({ type: 'supervisor.changed', identity, mode: mode ?? 'listen' });
  }

  #forget(identity: string): void {
    const gone = this.#present.get(identity);
    if (!gone) return;
    gone.ear?.close();
    this.#present.delete(identity);
    this.#parts.events.emit({ type: 'supervisor.changed', identity, mode: null });
  }

  #earFor(identity: string, mode: SupervisorMode | undefined): Overhear | undefined {
    const { ctx, log } = this.#parts;
    const heardBy = mode === 'barge' ? 'caller' : mode === 'whisper_agent' ? 'agent' : undefined;
    if (!heardBy || !this.#providers) return undefined;
    const hear = ({ text, startedAt, endedAt }: Overheard) => {
      this.#parts.events.emit({ type: 'human.turn', ...{ identity, heardBy, text, startedAt, endedAt } });
      const told = heardBy === 'caller' ? this.#hooks.spoke(text) : this.#hooks.whispered(text);
      background(log, 'telling the agent what a supervisor said', told);
    };
    return new Overhear(ctx.room, identity, this.#providers.renewStt(), hear, log);
  }
}
