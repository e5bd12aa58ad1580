import { RoomServiceClient } from 'livekit-server-sdk';
import { internalPaths, personIdentity } from '../../../core/calls/plan.ts';
import { reasonOf, type TransferMode, type TransferStatus } from '../../../core/calls/transfers/state.ts';
import { bareNumber, orderedTarget, type Target } from '../../../core/calls/transfers/targets.ts';
import { type TransferAnswer, transferAnswer } from '../../../core/calls/transfers/wire.ts';
import type { Caller } from '../caller.ts';
import type { Silence } from '../control/silence.ts';
import type { Guests } from '../guests.ts';
import { askControlPlane } from '../internal-client.ts';
import type { CallParts } from '../parts.ts';
import { within } from '../within.ts';
import { step, waitForPerson } from './dialed-in.ts';
import { refer } from './refer.ts';
import type { WaitingRoom } from './waiting-room.ts';

export interface TransferOrder {
  /** Name of a target of the agent, a number or a SIP URI. Empty: its first target. */
  readonly target: string;
  /** Left out: as the target says. */
  readonly mode?: Target['mode'] | undefined;
  /** The same key is the same transfer. */
  readonly requestKey: string;
}

export type TransferOutcome =
  /** `stays`: the agent is still on the call (a conference). */
  | { readonly ok: true; readonly stays: boolean; readonly name: string }
  /** In words that the agent can say. */
  | { readonly ok: false; readonly reason: string };

/** `announced`: they have been told that the call is recorded, or nobody has to be. */
interface Asked {
  readonly status: TransferStatus;
  readonly announced: boolean;
}

type Started = Extract<TransferAnswer, { ok: true }> & { readonly mode: TransferMode };

interface Around {
  readonly waiting: WaitingRoom;
  readonly guests: Guests;
  readonly silence: Pick<Silence, 'afterHold'>;
}

const refused = (reason: string): TransferOutcome => ({ ok: false, reason });

/**
 * Everything that sends the caller to somebody else, one at a time. The steps are those of
 * core/calls/transfers/state.ts; whatever goes wrong, the caller is back with the agent and hears why.
 */
export class Transfers {
  readonly #parts: CallParts;
  readonly #caller: Caller;
  readonly #waiting: WaitingRoom;
  readonly #guests: Guests;
  readonly #silence: Around['silence'];
  #running: AbortController | undefined;
  /** The carrier was told to move the caller, and nobody can call that back. */
  #referring = false;
  /** The person has taken the call: what is being done now is done to its end. */
  #connecting = false;

  constructor(parts: CallParts, caller: Caller, { waiting, guests, silence }: Around) {
    this.#parts = parts;
    this.#caller = caller;
    this.#waiting = waiting;
    this.#guests = guests;
    this.#silence = silence;
  }

  get running(): boolean {
    return this.#running !== undefined;
  }

  /** Gives up what is under way, where that is still possible. */
  cancel(): 'given_up' | 'none' | 'too_late' | 'connecting' {
    if (!this.#running) return 'none';
    if (this.#referring) return 'too_late';
    if (this.#connecting) return 'connecting';
    this.#running.abort(new Error('cancelled'));
    return 'given_up';
  }

  /** Why an order cannot be carried out at all; undefined: it can be tried. */
  problem({ target }: Pick<TransferOrder, 'target'>): string | undefined {
    const { plan } = this.#parts;
    if (this.#running) return 'Another transfer is under way.';
    if (this.#caller.answeredAt === 0) return 'Nobody has answered the call yet.';
    const found = orderedTarget(plan.definition, target, plan);
    return typeof found === 'string' ? found : undefined;
  }

  /**
   * Resolves when the caller is connected, or back. Never rejects.
   *
   * @param before what has to be said first; the transfer is under way, and can be cancelled, from its beginning
   */
  async transfer(order: TransferOrder, before?: () => Promise<void>): Promise<TransferOutcome> {
    const { outcome, plan, log } = this.#parts;
    const problem = this.problem(order);
    const target = orderedTarget(plan.definition, order.target, plan);
    if (problem || typeof target === 'string') return refused(problem ?? String(target));
    const running = new AbortController();
    this.#running = running;
    const signal = AbortSignal.any([running.signal, outcome.signal]);
    try {
      await before?.();
      signal.throwIfAborted();
      const mode = order.mode ?? target.mode;
      if (mode === 'cold' && plan.channel === 'phone') {
        const referred = await this.#refer(target);
        if (referred) return referred;
        signal.throwIfAborted();
      }
      return await this.#dialIn(order, mode === 'cold' ? 'bridge' : mode, signal);
    } catch (error) {
      if (!signal.aborted) log.error({ err: error }, 'a transfer failed');
      return refused(signal.aborted ? 'The transfer was cancelled.' : 'The transfer did not work.');
    } finally {
      this.#running = undefined;
      this.#connecting = false;
      if (!outcome.ending) await within(1_000, this.#silence.afterHold());
    }
  }

  /** By REFER. Null: the carrier does not do that, so somebody is dialed instead. */
  async #refer({ name, number }: Target): Promise<TransferOutcome | null> {
    const { events, outcome, log } = this.#parts;
    this.#referring = true;
    const referral = await refer(this.#parts, this.#caller, bareNumber(number)).finally(() => {
      this.#referring = false;
    });
    if (referral.ok) {
      events.emit({
        type: 'transfer.finished',
        ...{ to: number, ok: true, detail: '', outcome: 'referred' },
      });
      outcome.finish('transferred', number);
      return { ok: true, stays: false, name };
    }
    const { busy, detail } = referral;
    log.info({ detail }, 'the carrier refused a transfer');
    events.emit({
      type: 'transfer.finished',
      ...{ to: number, ok: false, detail, outcome: busy ? 'busy' : 'refused' },
    });
    return busy ? refused(reasonOf('busy', name)) : null;
  }

  async #dialIn(
    { target, requestKey }: TransferOrder,
    mode: TransferMode,
    signal: AbortSignal,
  ): Promise<TransferOutcome> {
    const { plan, host, events } = this.#parts;
    const answer = await askControlPlane(host.config, internalPaths.transfers(plan.callId), transferAnswer, {
      ...{ epoch: plan.epoch, requestKey, target, mode },
    });
    if (!answer.ok) return refused(answer.reason);
    const { transferId, name, to } = answer;
    events.emit({ type: 'transfer.started', ...{ transferId, name, to, mode } });
    try {
      await this.#waiting.hold(mode);
      const { status, announced } = await this.#ask({ ...answer, mode }, signal);
      if (status === 'accepted') {
        signal.throwIfAborted();
        this.#connecting = true;
        return await this.#connect({ ...answer, mode }, announced);
      }
      return await this.#giveUp(answer, status);
    } catch (error) {
      const cancelled = signal.aborted;
      const detail = cancelled ? 'The call ended, or the transfer was cancelled.' : messageOf(error);
      if (!cancelled) this.#parts.log.error({ err: error, transferId }, 'a transfer failed');
      return await this.#giveUp(answer, cancelled ? 'cancelled' : 'failed', detail);
    }
  }

  /** Until the person has taken the call or not. */
  async #ask(started: Started, signal: AbortSignal): Promise<Asked> {
    const { ctx, host, events } = this.#parts;
    const { transferId, mode } = started;
    const briefing = mode === 'bridge' ? undefined : this.#waiting.briefing(started.callerNumber);
    const dialed = await waitForPerson(ctx.room, host.config, transferId, signal);
    if (!dialed.answered) return { status: dialed.status, announced: false };
    if (briefing !== undefined) {
      await step(host.config, transferId, { status: 'briefing' });
      const text = await briefing;
      events.emit({ type: 'transfer.briefing', transferId, text });
      const decision = await this.#waiting.consult(dialed.person, text, signal);
      const status = decision === 'gone' ? 'declined' : decision;
      if (status !== 'accepted') return { status, announced: false };
    }
    const announced = await this.#waiting.announceRecording();
    signal.throwIfAborted();
    const stayed = ctx.room.remoteParticipants.has(dialed.person.identity);
    return { status: stayed ? 'accepted' : 'declined', announced };
  }

  async #connect({ transferId, name, to, mode }: Started, announced: boolean): Promise<TransferOutcome> {
    const { host, events, outcome, log } = this.#parts;
    const { status } = await step(host.config, transferId, { status: 'accepted' });
    if (status !== 'accepted') throw new Error(`The transfer is ${status} already.`);
    await this.#waiting.connect(mode);
    const person = personIdentity(transferId);
    if (announced) this.#guests.record(person);
    if (mode === 'conference') this.#guests.join(person);
    // Who hears each other is not torn apart because that cannot be noted.
    await step(host.config, transferId, { status: 'joined' }).catch((error: unknown) =>
      log.error({ err: error, transferId }, 'a transfer is done and cannot be noted'),
    );
    events.emit({
      type: 'transfer.finished',
      ...{ to, ok: true, detail: '', transferId, outcome: 'joined', recorded: announced },
    });
    if (mode === 'conference') return { ok: true, stays: true, name };
    outcome.finish('transferred', to, null, { transferId, to, announced });
    return { ok: true, stays: false, name };
  }

  /** The caller is back, whoever cannot be reached. */
  async #giveUp(
    { transferId, name, to }: Extract<TransferAnswer, { ok: true }>,
    status: TransferStatus,
    detail = reasonOf(status, name),
  ): Promise<TransferOutcome> {
    const { host, events, plan } = this.#parts;
    const { httpUrl, apiKey, apiSecret } = host.config.livekit;
    const rooms = new RoomServiceClient(httpUrl, apiKey, apiSecret);
    // Also when the call is over: a phone that rings for nobody has to stop at once.
    const leg = rooms.removeParticipant(plan.roomName, personIdentity(transferId)).catch(() => undefined);
    if (status !== 'calling')
      await within(
        3_000,
        step(host.config, transferId, { status, detail }).catch(() => undefined),
      );
    await within(2_000, leg);
    await this.#waiting.release();
    events.emit({ type: 'transfer.finished', ...{ to, ok: false, detail, transferId, outcome: status } });
    return refused(reasonOf(status, name));
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
