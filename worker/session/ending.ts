import type { voice } from '@livekit/agents';
import { RoomServiceClient } from 'livekit-server-sdk';
import type { ProviderSet } from '../providers/index.ts';
import type { Caller } from './caller.ts';
import { faultTone } from './frames.ts';
import type { Ending } from './outcome.ts';
import type { CallParts } from './parts.ts';
import type { PhraseName } from './phrases.ts';
import type { Speech } from './speech.ts';
import { areTogether, recordBridged } from './transfer/record-bridged.ts';
import { within } from './within.ts';

const farewellTimeoutMs = 8_000;
const closeTimeoutMs = 5_000;
const flushTimeoutMs = 3_000;

/** What there is to close; a call that failed early has neither. */
interface Open {
  readonly session: voice.AgentSession | undefined;
  readonly providers: ProviderSet | undefined;
  readonly caller: Caller;
  readonly speech: Speech;
}

/**
 * Last words, usage, the `ended` event in safety, then out of the room. Each step is bounded, but for one: a call that
 * was put through and is recorded goes on being recorded until one of the two hangs up.
 */
export async function endCall(
  parts: CallParts,
  { reason, detail, farewell, bridge }: Ending,
  { session, providers, caller, speech }: Open,
): Promise<void> {
  const { log, output, events } = parts;
  log.info({ reason, detail }, 'call ending');
  const speaks = farewell !== null && (await caller.listens());
  if (speaks) output.seize();
  const closed = within(closeTimeoutMs, session?.close());
  if (speaks) await sayFarewell(parts, speech, farewell);
  if (!bridge) await within(closeTimeoutMs, parts.recording.stop());
  await closed;
  const models = session?.usage.modelUsage ?? [];
  events.emit({ type: 'usage', models: models.map((model) => ({ ...model })) });
  // One of the two may have hung up while the session was being closed.
  const goesOn = bridge !== undefined && areTogether(parts.ctx.room, caller.participant?.identity ?? '');
  if (bridge && !goesOn) await within(closeTimeoutMs, parts.recording.stop());
  let released: Promise<unknown> | undefined;
  const release = async () => {
    released ??= within(closeTimeoutMs, providers?.close());
    await released;
  };
  const ended = goesOn ? await sayBridged(parts, bridge, { release, caller }) : detail;
  if (ended !== undefined) events.emit({ type: 'ended', reason, detail: ended });
  await events.close(flushTimeoutMs);
  await leave(parts, release, ended === undefined);
}

/** Answers how the two came apart; undefined: they talk on, without anybody of ours. */
async function sayBridged(
  parts: CallParts,
  { transferId, to, announced }: NonNullable<Ending['bridge']>,
  { release, caller }: Pick<Open, 'caller'> & { readonly release: () => Promise<void> },
): Promise<string | undefined> {
  const { recording, events, host } = parts;
  const bridged = { type: 'call.bridged', transferId, to } as const;
  if (announced && recording.isUnderWay && !host.stopping.aborted) {
    events.emit({ ...bridged, recorder: true });
    return await recordBridged(parts, caller.participant?.identity ?? '', release);
  }
  await within(closeTimeoutMs, recording.stop());
  events.emit(bridged);
  return undefined;
}

async function sayFarewell({ output, events }: CallParts, speech: Speech, name: PhraseName): Promise<void> {
  const text = speech.phrase(name);
  const samples = await within(2_000, speech.render(text));
  const startedAt = Date.now();
  await within(farewellTimeoutMs, output.play(samples ?? faultTone()));
  if (!samples) return;
  const endedAt = Date.now();
  const source = 'apology';
  events.emit({ type: 'agent.turn', text, source, interrupted: false, startedAt, endedAt, latency: null });
}

/** Leaves first: a room that is deleted around a participant leaves its listeners and native handles behind. */
async function leave(
  { ctx, host, plan, input, output }: CallParts,
  release: () => Promise<void>,
  keepsRoom: boolean,
): Promise<void> {
  const { httpUrl, apiKey, apiSecret } = host.config.livekit;
  const { room } = ctx;
  const tracks = [...(room.localParticipant?.trackPublications.values() ?? [])].map(({ track }) => track);
  await within(closeTimeoutMs, room.disconnect());
  // One person, one agent: without the agent the room has no purpose, and deleting it hangs up the phone.
  const rooms = new RoomServiceClient(httpUrl, apiKey, apiSecret);
  if (!keepsRoom) await within(closeTimeoutMs, rooms.deleteRoom(plan.roomName));
  await release();
  await within(closeTimeoutMs, input.close());
  for (const track of tracks) await within(closeTimeoutMs, track?.close());
  await within(closeTimeoutMs, output.close());
  room.removeAllListeners();
}
