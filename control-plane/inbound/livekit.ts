import { DisconnectReason, type ParticipantInfo, ParticipantInfo_Kind } from '@livekit/protocol';
import type { Redis } from 'ioredis';
import { type WebhookEvent, WebhookReceiver } from 'livekit-server-sdk';
import { z } from 'zod';
import type { Call } from '../../core/calls/call.ts';
import { endBridgedCall } from '../../core/calls/end-bridged.ts';
import { giveUpWaiting } from '../../core/calls/give-up-waiting.ts';
import { locateCallByRoom } from '../../core/calls/locate-by-room.ts';
import { isMadeAnew } from '../../core/calls/made-anew.ts';
import { isPersonIdentity, isSupervisorIdentity, numberAttribute } from '../../core/calls/plan.ts';
import { startInboundCall } from '../../core/calls/start-inbound.ts';
import { type Context, type Services, systemContext } from '../../core/context.ts';
import { DomainError } from '../../core/errors.ts';
import { HttpError } from '../http/errors.ts';
import { route } from '../http/route.ts';
import type { ActiveCalls } from './active-calls.ts';
import type { CallNudges } from './call-nudges.ts';

interface LiveKitInboundDeps {
  readonly apiKey: string;
  readonly apiSecret: string;
  readonly redis: Redis;
  readonly activeCalls: ActiveCalls;
  readonly nudges: CallNudges;
  readonly services: Services;
}

/** How long an event id is remembered; LiveKit retries for minutes. */
const memorySeconds = 86_400;
/**
 * An agent that leaves by itself has reported `ended`, but through a queue: let it arrive first. A rescue that is
 * early would take a call that is over for one that lost its worker.
 */
const orderlyLeaveDelayMs = 5_000;
const roomGoneDelayMs = 1_000;

/**
 * POST /webhook/livekit: the open-room counter, and what has to follow when an agent, a room or a person comes or goes.
 */
export function liveKitWebhook(deps: LiveKitInboundDeps) {
  const receiver = new WebhookReceiver(deps.apiKey, deps.apiSecret);
  return route({
    method: 'post',
    path: '/webhook/livekit',
    operationId: 'receiveLiveKitWebhook',
    summary: 'LiveKit tells what happens in its rooms',
    auth: 'public',
    security: ['livekitSignature'],
    status: 200,
    errors: [400, 401],
    accepts: ['application/webhook+json', 'application/json'],
    bodyAs: 'raw',
    body: z.object({ event: z.string(), id: z.string() }).meta({ id: 'LiveKitWebhook' }),
    returns: z.object({ status: z.enum(['handled', 'repeated']) }),
    handle: async ({ rawBody, koa }) => {
      const event = await readEvent(receiver, rawBody.toString('utf8'), koa.get('Authorization'));
      return { status: await once(deps.redis, event.id, () => handleEvent(deps, event)) };
    },
  });
}

async function readEvent(
  receiver: WebhookReceiver,
  body: string,
  authorization: string,
): Promise<WebhookEvent> {
  try {
    return await receiver.receive(body, authorization.replace(/^Bearer /i, ''));
  } catch (error) {
    // The signature is checked before the body is read, so a body that is not JSON was at least signed by LiveKit.
    if (error instanceof SyntaxError || (error instanceof Error && error.message.startsWith('cannot decode')))
      throw new HttpError(400, 'The signed body is not a LiveKit event.');
    throw new HttpError(401, 'The signature does not fit the body.');
  }
}

/** Runs `work` for the first delivery of an event; a failure forgets the id, so that the retry runs it again. */
async function once(
  redis: Redis,
  eventId: string,
  work: () => Promise<void>,
): Promise<'handled' | 'repeated'> {
  const key = `livekit:event:${eventId}`;
  if (eventId !== '' && (await redis.set(key, '1', 'EX', memorySeconds, 'NX')) === null) return 'repeated';
  try {
    await work();
    return 'handled';
  } catch (error) {
    await redis.del(key);
    throw error;
  }
}

async function handleEvent(deps: LiveKitInboundDeps, event: WebhookEvent): Promise<void> {
  const { sid = '', name = '' } = event.room ?? {};
  if (sid === '') return;
  if (event.event === 'room_started') await deps.activeCalls.roomStarted(sid);
  if (event.event === 'room_finished') await roomFinished(deps, sid, name);
  if (event.event === 'participant_left' && event.participant?.kind === ParticipantInfo_Kind.AGENT)
    await agentLeft(deps, name, event.participant);
  if (event.event === 'participant_left' && isSomebody(event.participant))
    await somebodyLeft(deps, name, event.participant);
  if (event.event === 'participant_joined' || event.event === 'track_published')
    await hushIfBridged(deps, name, event.participant?.identity ?? '');
}

/** The worker that decided who hears a whisper has left with the agent, unless it stays to record. */
async function hushIfBridged(
  { services }: LiveKitInboundDeps,
  roomName: string,
  identity: string,
): Promise<void> {
  if (!isSupervisorIdentity(identity)) return;
  const call = await locateCallByRoom(systemContext(services, 'inbound'), { roomName });
  if (call === null || call.bridgedAt === null || call.status === 'ended') return;
  if (await services.ports.liveControl.hushWhisperer({ roomName, identity }))
    services.log.info(
      { callId: call.id, identity },
      'a supervisor may not whisper where nobody keeps it apart',
    );
}

async function somebodyLeft(
  deps: LiveKitInboundDeps,
  roomName: string,
  person: ParticipantInfo,
): Promise<void> {
  const ctx = systemContext(deps.services, 'inbound');
  const call = await locateCallByRoom(ctx, { roomName });
  const callId = call?.id ?? (await noteMissed(ctx, roomName, person));
  if (callId === null) return;
  if (
    call?.bridgedAt &&
    !isMadeAnew(DisconnectReason[person.disconnectReason]) &&
    (await isApart(deps, roomName, person))
  )
    await endIfBridged(ctx, call, 'One of the two who were connected has hung up.');
  // A phone leaves so by hanging up only; a visitor also when they load the page anew.
  const hasHungUp = person.disconnectReason === DisconnectReason.CLIENT_INITIATED;
  if (hasHungUp && person.kind === ParticipantInfo_Kind.SIP) await giveUpWaiting(ctx, { callId });
}

/**
 * Whether the caller who was put through has left, or the last one they talked with: a conference may have been more.
 */
async function isApart(
  { services }: LiveKitInboundDeps,
  roomName: string,
  { identity: left }: ParticipantInfo,
): Promise<boolean> {
  if (!isPersonIdentity(left)) return true;
  const here = await services.ports.rooms.identities(roomName);
  return !here.some((identity) => identity !== left && isPersonIdentity(identity));
}

/**
 * Who found every slot taken and hung up at once, before a sweep saw them (jobs/calls/seat-callers.ts): their call is
 * written now. Null: it is nobody's.
 */
async function noteMissed(
  ctx: Context,
  roomName: string,
  { attributes }: ParticipantInfo,
): Promise<string | null> {
  const phoneNumberId = z.uuid().safeParse(attributes[numberAttribute]);
  if (!phoneNumberId.success) return null;
  try {
    const { callId } = await startInboundCall(ctx, { phoneNumberId: phoneNumberId.data, roomName });
    ctx.services.log.warn({ callId }, 'a caller has hung up before any worker took the call');
    return callId;
  } catch (error) {
    // The number, or its agent, went meanwhile: nobody's call.
    if (!(error instanceof DomainError && error.code === 'not_found')) throw error;
    return null;
  }
}

/** A phone or a visitor; a supervisor who leaves changes nothing. */
const isSomebody = (one: ParticipantInfo | undefined): one is ParticipantInfo =>
  one !== undefined &&
  !isSupervisorIdentity(one.identity) &&
  (one.kind === ParticipantInfo_Kind.SIP || one.kind === ParticipantInfo_Kind.STANDARD);

/** A call that goes on without its agent has nobody of ours to report its end. */
async function endIfBridged(ctx: Context, call: Pick<Call, 'id' | 'status'>, detail: string): Promise<void> {
  if (call.status !== 'ended') await endBridgedCall(ctx, { callId: call.id, detail });
}

async function agentLeft(
  deps: LiveKitInboundDeps,
  roomName: string,
  { identity, disconnectReason: reason }: ParticipantInfo,
): Promise<void> {
  // With the room gone there is nobody left to talk with.
  if (reason === DisconnectReason.ROOM_DELETED || reason === DisconnectReason.ROOM_CLOSED) return;
  const call = await locateCallByRoom(systemContext(deps.services, 'inbound'), { roomName });
  if (call === null || call.status === 'ended') return;
  const epoch = epochOf(identity);
  deps.services.log.info(
    { callId: call.id, epoch, reason: DisconnectReason[reason] },
    'an agent left a call that is not over',
  );
  const orderly = reason === DisconnectReason.CLIENT_INITIATED;
  await deps.nudges.rescue({ callId: call.id, epoch }, orderly ? orderlyLeaveDelayMs : 0);
}

async function roomFinished(deps: LiveKitInboundDeps, sid: string, roomName: string): Promise<void> {
  await deps.activeCalls.roomFinished(sid);
  const ctx = systemContext(deps.services, 'inbound');
  const call = await locateCallByRoom(ctx, { roomName });
  if (call === null) return;
  await endIfBridged(ctx, call, 'The room was closed.');
  await deps.nudges.finalize(call.id, roomGoneDelayMs);
}

/**
 * Reads the epoch out of core/calls/plan.ts `agentIdentity`. The first agent of an inbound call joins before the call
 * has an id, under the name of its LiveKit job: that is epoch 1, because every later one is dispatched by us.
 */
const epochOf = (identity: string): number =>
  Number(/^agent-[0-9a-f-]{36}-(?<epoch>\d{1,9})$/.exec(identity)?.groups?.epoch ?? 1);
