import { setTimeout as sleep } from 'node:timers/promises';
import { DisconnectReason, ParticipantKind, type RemoteParticipant, RoomEvent } from '@livekit/rtc-node';
import { isMadeAnew } from '../../core/calls/made-anew.ts';
import { isPersonIdentity } from '../../core/calls/plan.ts';
import { awayMs } from './guests.ts';
import { findCaller, isCaller, reasonName, waitForCaller, waitForLine } from './line.ts';
import type { CallParts } from './parts.ts';
import { within } from './within.ts';

/** A visitor who never subscribes is spoken to anyway. */
const hearTimeoutMs = 1_500;
/** How long a farewell waits for a line that is about to come up. */
const farewellLineMs = 3_000;

/** The person on the other end: comes, is there, goes. */
export class Caller {
  readonly #parts: CallParts;
  #participant: RemoteParticipant | undefined;
  #answeredAt = 0;
  #leaving: Promise<void> | undefined;

  constructor(parts: CallParts) {
    this.#parts = parts;
  }

  get participant(): RemoteParticipant | undefined {
    return this.#participant;
  }

  /** E.164, as livekit-sip tells it or as it was dialed; null: withheld, or a visitor of a page. */
  get number(): string | null {
    const { direction, fromNumber, toNumber } = this.#parts.plan;
    const known = direction === 'inbound' ? fromNumber : toNumber;
    return known ?? this.#participant?.attributes['sip.phoneNumber'] ?? null;
  }

  /** Epoch ms on this worker's clock; 0: the line is not up yet. */
  get answeredAt(): number {
    return this.#answeredAt;
  }

  /** The caller is on the way to somebody else: a transfer is under way. */
  get isLeaving(): boolean {
    return this.#leaving !== undefined;
  }

  /** The caller's leg may vanish before `transfer` settles; until then that is no hang-up. */
  async leaveBy(transfer: Promise<void>): Promise<void> {
    this.#leaving = transfer;
    try {
      await transfer;
    } finally {
      this.#leaving = undefined;
    }
  }

  watchRoom(): void {
    const { outcome, events, plan, ctx } = this.#parts;
    const { room } = ctx;
    room.on(RoomEvent.ParticipantDisconnected, (participant) => {
      const isOurs = this.#participant
        ? participant.identity === this.#participant.identity
        : isCaller(participant, plan.callerIdentity);
      if (isOurs) this.#onGone(participant.identity, participant.disconnectReason);
    });
    room.on(RoomEvent.Disconnected, (reason) =>
      outcome.finish(isRemoval(reason) ? 'operator_hung_up' : 'room_closed', reasonName(reason)),
    );
    room.on(RoomEvent.DtmfReceived, (_code, digit, from: RemoteParticipant | undefined) => {
      // What the person of a transfer presses is their answer to the agent's question.
      if (!isPersonIdentity(from?.identity ?? '')) events.emit({ type: 'dtmf.received', digit });
    });
  }

  /** Resolves when the line is up and somebody hears; throws `CallOver` when the call ends before. */
  async awaitAnswer(): Promise<void> {
    const { ctx, plan, outcome, events, output } = this.#parts;
    const { callerIdentity, joinTimeoutMs } = plan;
    const timer = setTimeout(
      () => outcome.finish('caller_never_joined', `Nobody came within ${joinTimeoutMs} ms.`),
      joinTimeoutMs,
    );
    try {
      const caller = await waitForCaller(ctx.room, callerIdentity, outcome.signal);
      this.#participant = caller;
      events.emit({ type: 'caller.joined', identity: caller.identity, attributes: caller.attributes });
      await waitForLine(ctx.room, caller, outcome.signal);
      if (caller.info.kind !== ParticipantKind.SIP) await Promise.race([output.heard, sleep(hearTimeoutMs)]);
    } finally {
      clearTimeout(timer);
    }
    outcome.signal.throwIfAborted();
    this.#answered();
  }

  #answered(): void {
    const { plan, outcome, events } = this.#parts;
    const before = plan.resume?.answeredAt ?? 0;
    this.#answeredAt = Date.now();
    if (before === 0) events.emit({ type: 'call.answered' }, this.#answeredAt);
    const left = plan.definition.maxCallDurationMs - (before === 0 ? 0 : Date.now() - before);
    const limit = setTimeout(() => outcome.finish('max_duration', '', 'timeUp'), Math.max(left, 1_000));
    outcome.signal.addEventListener('abort', () => clearTimeout(limit), { once: true });
  }

  /** Is there somebody to say goodbye to? Before the line is up a failed call still answers, if it can soon. */
  async listens(): Promise<boolean> {
    const { ctx, plan, output } = this.#parts;
    const { room } = ctx;
    if (!room.isConnected) return false;
    const caller = this.#participant ?? findCaller(room, plan.callerIdentity);
    if (!caller || !room.remoteParticipants.has(caller.identity)) return false;
    output.publish();
    const lineIsUp = waitForLine(room, caller, AbortSignal.timeout(farewellLineMs));
    await within(farewellLineMs, Promise.all([lineIsUp, output.heard]));
    return true;
  }

  #onGone(identity: string, reason: DisconnectReason | undefined): void {
    const { outcome, plan, ctx } = this.#parts;
    const detail = reasonName(reason);
    const gone = () => {
      if (isRemoval(reason)) outcome.finish('operator_hung_up', detail);
      else if (this.#answeredAt === 0 && !plan.resume) outcome.finish('caller_never_joined', detail);
      else outcome.finish('caller_hung_up', detail);
    };
    // A transferred leg leaves the room before the answer to its REFER is in.
    if (this.#leaving) this.#leaving.then(() => setTimeout(gone, 1_000), gone);
    else if (this.#answeredAt > 0 && isMadeAnew(reasonName(reason)))
      setTimeout(() => ctx.room.remoteParticipants.has(identity) || gone(), awayMs);
    else gone();
  }
}

const isRemoval = (reason: DisconnectReason | undefined): boolean =>
  reason === DisconnectReason.PARTICIPANT_REMOVED || reason === DisconnectReason.ROOM_DELETED;
