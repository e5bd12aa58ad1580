import { EventEmitter } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { RoomEvent } from '@livekit/rtc-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { supervisorModeAttribute } from '../../core/calls/plan.ts';
import { createLogger } from '../../platform/log.ts';
import { waitFor } from '../../platform/retry.ts';
import { MediaGate } from './media-gate.ts';
import type { CallParts } from './parts.ts';

/** Whom LiveKit was told not to forward a track to. */
const closed: string[] = [];
let livekit: Server;

beforeAll(async () => {
  livekit = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { identity, trackSids, subscribe } = JSON.parse(Buffer.concat(chunks).toString());
    if (!subscribe) for (const sid of trackSids) closed.push(`${sid} to ${identity}`);
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  await new Promise<void>((resolve) => livekit.listen(0, '127.0.0.1', resolve));
});
afterAll(() => livekit.close());

test('a whisper that begins after the agent has left is kept from the caller as long as the worker is in the room', async () => {
  const one = (identity: string, mode?: string) => ({
    ...{ identity, sid: `PA_${identity}`, trackPublications: new Map<string, { sid: string }>() },
    attributes: mode ? { [supervisorModeAttribute]: mode } : {},
  });
  const supervisor = one('supervisor-1', 'whisper_person');
  const people = [one('caller-1'), one('person-1'), supervisor];
  const room = Object.assign(new EventEmitter(), {
    isConnected: true,
    localParticipant: { identity: 'agent-1', trackPublications: new Map() },
    remoteParticipants: new Map(people.map((participant) => [participant.identity, participant])),
  });
  const { port } = livekit.address() as AddressInfo;
  new MediaGate({
    ctx: { room },
    plan: { roomName: 'room' },
    host: {
      config: { livekit: { httpUrl: `http://127.0.0.1:${port}`, apiKey: 'key', apiSecret: 'secret' } },
    },
    // The agent has left, and its worker records on.
    outcome: { signal: AbortSignal.abort() },
    log: createLogger('test', { level: 'silent' }),
  } as unknown as CallParts);
  const speak = (sid: string) => {
    supervisor.trackPublications.set(sid, { sid });
    room.emit(RoomEvent.TrackPublished);
  };
  speak('TR_1');
  await waitFor('the first track to be closed', () => closed.includes('TR_1 to caller-1'));
  speak('TR_2');
  await waitFor('the second as well', () => closed.includes('TR_2 to caller-1'));
  expect(closed.filter((entry) => !entry.endsWith('to caller-1'))).toEqual([]);
  room.emit(RoomEvent.Disconnected);
  room.isConnected = false;
});
