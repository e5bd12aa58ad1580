import { SIPOutboundConfig } from '@livekit/protocol';
import { ServerError, SipCallError } from 'livekit-server-sdk';
import { callerIdentity, callIdAttribute } from '../core/calls/plan.ts';
import { sipUri } from '../core/calls/transfers/targets.ts';
import type { Logger } from '../platform/log.ts';
import { type DialOutcome, explainSipStatus, sipSentence } from './explain-status.ts';
import { legMark, legOfHeader } from './leg-of.ts';
import { ignoreGone, isUnreachable, type LiveKit } from './livekit.ts';
import { participant, sipStatusAttribute } from './rooms.ts';

export interface DialRequest {
  readonly callId: string;
  readonly roomName: string;
  /** Who the leg is in the room. Left out: the caller. */
  readonly identity?: string;
  readonly attributes?: Readonly<Record<string, string>>;
  /** SIP Call-ID of the call that it is a leg of, where that is known. */
  readonly legOf?: string | null;
  /** Not read for a SIP URI, which is its own way. */
  readonly outboundTrunkId: string;
  readonly fromNumber: string;
  /** E.164, or a `sip:` URI. */
  readonly toNumber: string;
  readonly krispEnabled: boolean;
  readonly ringTimeoutMs: number;
}

export interface DialResult {
  readonly outcome: DialOutcome;
  readonly sipStatus: number | null;
  readonly sipReason: string | null;
  /** In words. */
  readonly detail: string;
  /** LiveKit does not know the trunk: no INVITE has left, and the number needs a sync. */
  readonly trunkLost?: boolean;
}

/** How often the leg's state is looked at while it rings. */
const watchEveryMs = 500;
/** How long after the ringing time LiveKit may take to say so. */
const marginMs = 10_000;
/** How long a leg may take to appear in the room after its request. */
const appearMs = 3_000;

/**
 * Sends THE INVITE of a call and waits for what becomes of it. To be called once per call, ever; whoever comes after a
 * crash asks `watchLeg` instead. Never throws.
 */
export async function dial(livekit: LiveKit, request: DialRequest, log: Logger): Promise<DialResult> {
  const ringingTimeout = Math.ceil(request.ringTimeoutMs / 1_000);
  const rang = watchRinging(livekit, request);
  const startedAt = Date.now();
  try {
    const { trunkId, number, config } = wayTo(request);
    await livekit.sip.createSipParticipant(
      trunkId,
      number,
      request.roomName,
      {
        participantIdentity: legOf(request),
        participantAttributes: { [callIdAttribute]: request.callId, ...request.attributes },
        ...(request.fromNumber === '' ? {} : { fromNumber: request.fromNumber }),
        ...(request.legOf ? { headers: { [legOfHeader]: legMark(request.legOf) } } : {}),
        krispEnabled: request.krispEnabled,
        waitUntilAnswered: true,
        ringingTimeout,
        timeout: ringingTimeout + marginMs / 1_000,
      },
      config,
    );
    return { outcome: 'answered', sipStatus: 200, sipReason: 'OK', detail: 'The call was answered.' };
  } catch (error) {
    return await judge(livekit, request, error, { rang: rang.seen(), tookMs: Date.now() - startedAt }, log);
  } finally {
    rang.stop();
  }
}

const legOf = ({ identity, callId }: Pick<DialRequest, 'identity' | 'callId'>): string =>
  identity ?? callerIdentity(callId);

/** A number goes over its trunk; a SIP URI straight to its host. */
function wayTo({ outboundTrunkId, toNumber }: DialRequest) {
  const uri = sipUri(toNumber);
  if (!uri) return { trunkId: outboundTrunkId, number: toNumber, config: undefined };
  return { trunkId: '', number: uri.user, config: new SIPOutboundConfig({ hostname: uri.host }) };
}

async function judge(
  livekit: LiveKit,
  request: DialRequest,
  error: unknown,
  seen: Seen,
  log: Logger,
): Promise<DialResult> {
  if (error instanceof SipCallError && error.sipStatusCode !== undefined) {
    const sipStatus = error.sipStatusCode;
    const sipReason = error.sipStatus ?? null;
    const { outcome } = explainSipStatus(sipStatus);
    return { outcome, sipStatus, sipReason, detail: sipSentence(sipStatus, sipReason ?? undefined) };
  }
  const nothing = { sipStatus: null, sipReason: null };
  if (error instanceof ServerError && error.code !== undefined) return judgeServerError(error, seen, request);
  if (isUnreachable(error))
    return { ...nothing, outcome: 'failed', detail: 'LiveKit was not reachable, so nothing was dialed.' };
  // A request that broke off or timed out: the phone may ring. Look, do not guess.
  log.warn(
    { err: error, callId: request.callId },
    'the dial request broke off, looking the leg up in LiveKit',
  );
  return watchLeg(livekit, { ...request, patienceMs: request.ringTimeoutMs + marginMs });
}

interface Seen {
  readonly rang: boolean;
  readonly tookMs: number;
}

/** LiveKit's own words for calls that ended without a SIP answer (livekit-sip 1.8, pkg/sip/errors.go). */
function judgeServerError(error: ServerError, { rang, tookMs }: Seen, request: DialRequest): DialResult {
  const nothing = { sipStatus: null, sipReason: null };
  const text = error.message;
  if (error.code === 'not_found' && /trunk/i.test(text))
    return {
      ...nothing,
      outcome: 'failed',
      trunkLost: true,
      detail: 'LiveKit lost the trunk of this number. It is being made again: place the call once more.',
    };
  if (/transaction failed to complete/i.test(text))
    return { ...nothing, outcome: 'failed', detail: noAnswerFromCarrier };
  // The same error for "rang out", "nobody there" and "the leg was removed while it rang".
  if (error.code === 'canceled' && tookMs < request.ringTimeoutMs - watchEveryMs)
    return { ...nothing, outcome: 'canceled', detail: 'The call was taken back before anybody answered.' };
  if (error.code === 'canceled' || error.code === 'deadline_exceeded')
    return rang
      ? { ...nothing, outcome: 'no_answer', detail: `It rang for ${seconds(request)} s and nobody answered.` }
      : { ...nothing, outcome: 'failed', detail: noAnswerFromCarrier };
  if (/required auth|auth retry/i.test(text))
    return {
      ...nothing,
      outcome: 'failed',
      detail: 'The carrier refused the credentials. Check the user name and password of the number.',
    };
  if (error.code === 'unavailable' && /no response from servers/i.test(text))
    return { ...nothing, outcome: 'failed', detail: 'No SIP service is running at LiveKit (livekit-sip).' };
  return { ...nothing, outcome: 'failed', detail: `The call could not be placed: ${text}` };
}

const seconds = ({ ringTimeoutMs }: DialRequest): number => Math.round(ringTimeoutMs / 1_000);
const noAnswerFromCarrier =
  'Nothing answers at the SIP address of this number. Check host, port, transport and firewall.';

/** Remembers whether the leg was ever seen ringing: LiveKit gives the same error for "rang out" and "nobody there". */
function watchRinging(livekit: LiveKit, request: DialRequest): { seen(): boolean; stop(): void } {
  let seen = false;
  let busy = false;
  const look = async () => {
    if (busy || seen) return;
    busy = true;
    const leg = await participant(livekit, request.roomName, legOf(request)).catch(() => null);
    const status = leg?.attributes[sipStatusAttribute];
    seen ||= status === 'ringing' || status === 'active';
    busy = false;
  };
  const timer = setInterval(() => void look(), watchEveryMs);
  return { seen: () => seen, stop: () => clearInterval(timer) };
}

/**
 * What became of an INVITE that somebody else sent (a process that died): waits on the leg by its state in LiveKit.
 * `unknown` when it is gone without a trace. A leg that still rings after `patienceMs` is taken back.
 */
export async function watchLeg(
  livekit: LiveKit,
  {
    roomName,
    patienceMs,
    ...who
  }: { callId: string; identity?: string; roomName: string; patienceMs: number },
): Promise<DialResult> {
  const nothing = { sipStatus: null, sipReason: null };
  const startedAt = Date.now();
  const deadline = startedAt + patienceMs;
  let seen = false;
  let rang = false;
  for (;;) {
    // LiveKit being away for a moment is no verdict.
    const leg = await participant(livekit, roomName, legOf(who)).catch(() => 'unasked' as const);
    // A request that has just left needs a moment until its leg is in the room.
    if (leg === null && (seen || Date.now() - startedAt > appearMs))
      return {
        ...nothing,
        outcome: 'unknown',
        detail: rang
          ? 'It rang and ended, but the process that dialed was restarted meanwhile: why is not known.'
          : 'The process that dialed was restarted meanwhile, and LiveKit has no trace of the call: whether it rang is not known. It is not dialed again.',
      };
    if (leg !== null && leg !== 'unasked') {
      seen = true;
      const status = leg.attributes[sipStatusAttribute];
      if (status === 'active')
        return { outcome: 'answered', sipStatus: 200, sipReason: 'OK', detail: 'The call was answered.' };
      rang ||= status === 'ringing';
    }
    if (Date.now() > deadline) {
      await ignoreGone(livekit.rooms.removeParticipant(roomName, legOf(who))).catch(() => undefined);
      return rang
        ? { ...nothing, outcome: 'no_answer', detail: 'It rang and nobody answered.' }
        : { ...nothing, outcome: 'unknown', detail: 'The leg never got anywhere, and was taken back.' };
    }
    await new Promise((resolve) => setTimeout(resolve, watchEveryMs));
  }
}
