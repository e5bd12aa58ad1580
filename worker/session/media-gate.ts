import { type RemoteParticipant, RoomEvent } from '@livekit/rtc-node';
import { RoomServiceClient } from 'livekit-server-sdk';
import { type SupervisorMode, supervisorMode } from '../../core/calls/control/command.ts';
import { supervisorModeAttribute } from '../../core/calls/plan.ts';
import { hears, type Party, type Phase, roleOf, type TrackUse, useOf } from './hearing.ts';
import type { CallParts } from './parts.ts';

/**
 * A SIP leg subscribes by itself to what is published, also after the server has unsubscribed it: what must not be
 * heard is said again after these times. (livekit-sip 1.8, pkg/sip/room.go `subscribeTo`.)
 */
const sayAgainMs = [200, 600, 1_500];

interface Track extends Party {
  readonly sid: string;
  readonly owner: string;
  readonly use: TrackUse;
}

/**
 * Applies hearing.ts to the room: the server stops or restarts the forwarding of a track to a participant (measured:
 * within 0.2 s). A call with nobody but caller and agent costs not a single request.
 */
export class MediaGate {
  readonly #parts: CallParts;
  readonly #rooms: RoomServiceClient;
  /** What was asked of the server: listener and track → heard. Nothing asked: heard. */
  readonly #asked = new Map<string, boolean>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #phase: Phase = 'together';
  #work: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(parts: CallParts) {
    this.#parts = parts;
    const { httpUrl, apiKey, apiSecret } = parts.host.config.livekit;
    this.#rooms = new RoomServiceClient(httpUrl, apiKey, apiSecret);
    const { room } = parts.ctx;
    const look = () => this.#soon();
    room.on(RoomEvent.TrackPublished, look);
    room.on(RoomEvent.LocalTrackPublished, look);
    room.on(RoomEvent.ParticipantConnected, look);
    room.on(RoomEvent.ParticipantAttributesChanged, (_changed, participant) => {
      if (roleOf(participant.identity) !== 'caller') look();
    });
    // Not when the agent leaves: its worker may stay to record two who were connected, and a supervisor with them.
    room.on(RoomEvent.Disconnected, () => this.#close());
  }

  /** Resolves when the server has been told. Rejects when it cannot be reached: nobody may take it for granted then. */
  async set(phase: Phase): Promise<void> {
    this.#phase = phase;
    await this.apply();
    this.#sayAgain();
  }

  /** One run after the other, each with the room as it is when its turn comes. */
  apply(repeat = false): Promise<void> {
    const run = this.#work.then(() => this.#apply(repeat));
    this.#work = run.catch(() => undefined);
    return run;
  }

  /** What another worker has asked for before this one came is not known, and is said again. */
  get #atFirst(): boolean | undefined {
    return this.#parts.plan.resume ? undefined : true;
  }

  #close(): void {
    this.#closed = true;
    for (const timer of this.#timers) clearTimeout(timer);
  }

  #soon(): void {
    this.#inBackground();
    this.#sayAgain();
  }

  #sayAgain(): void {
    for (const ms of sayAgainMs) {
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        this.#inBackground();
      }, ms);
      this.#timers.add(timer);
    }
  }

  #inBackground(): void {
    if (this.#closed) return;
    this.apply(true).catch((error: unknown) =>
      this.#parts.log.warn({ err: error }, 'who hears whom could not be set'),
    );
  }

  async #apply(repeat: boolean): Promise<void> {
    const { ctx } = this.#parts;
    if (!ctx.room.isConnected) return;
    const tracks = this.#tracks();
    for (const listener of ctx.room.remoteParticipants.values()) {
      const party = partyOf(listener);
      const changes = new Map<boolean, string[]>([
        [false, []],
        [true, []],
      ]);
      for (const track of tracks) {
        if (track.owner === listener.identity) continue;
        const wanted = hears(party, track, this.#phase);
        const before = this.#asked.get(`${listener.sid}|${track.sid}`) ?? this.#atFirst;
        if (wanted !== before || (repeat && !wanted)) changes.get(wanted)?.push(track.sid);
      }
      for (const [wanted, sids] of changes) {
        if (sids.length === 0) continue;
        const told = await this.#tell(listener, sids, wanted);
        if (!told) break;
        for (const sid of sids) this.#asked.set(`${listener.sid}|${sid}`, wanted);
      }
    }
  }

  /** False: the listener has left meanwhile, and hears nobody. LiveKit says so only after 3 s, as "no response". */
  async #tell(listener: RemoteParticipant, sids: string[], wanted: boolean): Promise<boolean> {
    const { ctx, plan } = this.#parts;
    const stays = () => ctx.room.remoteParticipants.get(listener.identity)?.sid === listener.sid;
    if (!stays()) return false;
    const left = new AbortController();
    const onLeave = ({ sid }: RemoteParticipant) => sid === listener.sid && left.abort();
    ctx.room.on(RoomEvent.ParticipantDisconnected, onLeave);
    const told = this.#rooms.updateSubscriptions(plan.roomName, listener.identity, sids, wanted);
    told.catch(() => undefined);
    try {
      return await Promise.race([told.then(() => true), aborted(left.signal)]);
    } catch (error) {
      if (stays()) throw error;
      return false;
    } finally {
      ctx.room.off(RoomEvent.ParticipantDisconnected, onLeave);
    }
  }

  #tracks(): Track[] {
    const { localParticipant, remoteParticipants } = this.#parts.ctx.room;
    const own = [...(localParticipant?.trackPublications.values() ?? [])].map(({ sid = '', name = '' }) => ({
      ...{ sid, owner: localParticipant?.identity ?? '', role: 'agent' as const, use: useOf(name) },
    }));
    const others = [...remoteParticipants.values()].flatMap((participant) =>
      [...participant.trackPublications.values()].map(({ sid = '' }) => ({
        ...{ sid, owner: participant.identity, use: 'voice' as const },
        ...partyOf(participant),
      })),
    );
    return [...own, ...others].filter(({ sid }) => sid !== '');
  }
}

const aborted = (signal: AbortSignal): Promise<false> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve(false), { once: true }));

export const partyOf = (participant: RemoteParticipant): Party => ({
  role: roleOf(participant.identity),
  mode: modeOf(participant),
});

/** Only the server can set the attribute: no token of ours lets its bearer change it. */
export function modeOf(participant: RemoteParticipant): SupervisorMode | undefined {
  const mode = supervisorMode.safeParse(participant.attributes[supervisorModeAttribute]);
  return mode.success ? mode.data : undefined;
}
