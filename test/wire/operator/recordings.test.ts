import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordEvents, startWebCall } from '../../../core/calls/index.ts';
import { expireRecordings } from '../../../core/recordings/index.ts';
import { signLink } from '../../../core/recordings/link.ts';
import { piecePath } from '../../../core/recordings/piece.ts';
import { wavHeaderBytes } from '../../../core/recordings/wav.ts';
import { callEvents } from '../../../db/schema/call-events.ts';
import { outbox } from '../../../db/schema/outbox.ts';
import { recordings } from '../../../db/schema/recordings.ts';
import { eventsOf } from '../../factories/events.ts';
import { newAgent } from '../../factories/lines.ts';
import { counting, givePiece, stereoWav, stretchAt } from '../../factories/recordings.ts';
import { internalToken, type TestApp, testApp } from '../../harness/app.ts';
import { type Caller, signUp } from './crew.ts';

let app: TestApp;
let ada: Caller;
/** Two pieces of one stretch, a pause of 50 ms, one piece of a later worker. */
let callId: string;

beforeAll(async () => {
  app = await testApp();
  ada = await signUp(app);
  callId = await newCall();
  const { t } = app;
  await givePiece(t, callId, { seq: 2, offset: 1_000, samples: counting(1_000, 600), last: true });
  await givePiece(t, callId, { seq: 1, samples: counting(0, 1_000) });
  const later = { epoch: 2, stretchAt: stretchAt + 150 };
  await givePiece(t, callId, { ...later, seq: 1, samples: counting(3_000, 800), last: true });
});
afterAll(() => app[Symbol.asyncDispose]());

async function newCall(): Promise<string> {
  const webSlug = `desk-${Math.random().toString(36).slice(2, 10)}`;
  await newAgent(ada.ctx, { webSlug });
  return (await startWebCall(app.t.anonymous, { agent: webSlug })).call.id;
}

/** 1,600 samples, 800 of silence, 800 samples. */
const total = 3_200;
const whole = wavHeaderBytes + total * 4;

async function fetchAudio(url: string, headers: Record<string, string> = {}, method = 'GET') {
  const path = new URL(url).pathname + new URL(url).search;
  const response = await fetch(app.url + path, { headers, method });
  return {
    status: response.status,
    headers: response.headers,
    bytes: Buffer.from(await response.arrayBuffer()),
  };
}

const get = async (id = callId, headers = ada.headers) =>
  app.call('GET', `/calls/${id}/recording`, { headers });
const sampleOf = (bytes: Buffer, at: number, channel: 0 | 1) =>
  bytes.readInt16LE(wavHeaderBytes + at * 4 + channel * 2);

describe('GET /calls/{id}/recording', () => {
  it('says how long it is, pauses included, and where to hear it', async () => {
    const { status, body } = await get();
    expect(status).toBe(200);
    expect(body).toMatchObject({
      ...{ state: 'complete', missing: [], duration: 0.2, sample_rate: 16_000, deleted_at: null },
      started_at: new Date(stretchAt).toISOString(),
      size: 3 * wavHeaderBytes + 2_400 * 4,
    });
    expect(Date.parse(body.url_expires_at)).toBeGreaterThan(Date.now() + 3_500_000);
    const call = await app.call('GET', `/calls/${callId}`, { headers: ada.headers });
    expect(call.body.recording).toMatchObject({ state: 'complete', duration: 0.2, size: body.size });
    expect((await fetchAudio(call.body.recording.mono_url)).status).toBe(200);
  });

  it('is 404 for a call without one', async () => {
    const id = await newCall();
    expect((await get(id)).status).toBe(404);
    const call = await app.call('GET', `/calls/${id}`, { headers: ada.headers });
    expect(call.body.recording).toBeNull();
  });

  it('is not complete before the last piece is there', async () => {
    const id = await newCall();
    await givePiece(app.t, id, { seq: 2, offset: 100, samples: counting(0, 100), last: true });
    expect((await get(id)).body.state).toBe('recording');
    await givePiece(app.t, id, { seq: 1, samples: counting(0, 100) });
    expect((await get(id)).body.state).toBe('complete');
  });
});

describe('a recording whose worker was lost', () => {
  it('is partial when it is over, and says what is missing and why', async () => {
    const id = await newCall();
    const lostAt = stretchAt + 1_000;
    const event = (epoch: number, type: string, at: number) => ({
      ...{ callId: id, epoch, seq: 1, type, at: new Date(at), data: { durationMs: 0, detail: '' } },
    });
    await app.t.db
      .insert(callEvents)
      .values([event(1, 'recording.started', stretchAt), event(2, 'recording.started', lostAt + 3_000)]);
    await givePiece(app.t, id, { seq: 1, samples: counting(0, 16_000), last: true });
    const later = { epoch: 2, stretchAt: lostAt + 3_000 };
    await givePiece(app.t, id, { ...later, seq: 1, samples: counting(0, 16_000), last: true });
    const missing = [
      {
        from: new Date(lostAt).toISOString(),
        to: new Date(lostAt + 3_000).toISOString(),
        reason: 'The worker that recorded was lost.',
      },
    ];
    expect((await get(id)).body).toMatchObject({ state: 'recording', missing });
    await app.t.db.insert(callEvents).values({ ...event(2, 'recording.stopped', lostAt + 4_000), seq: 2 });
    expect((await get(id)).body).toMatchObject({ state: 'partial', missing });
  });
});

describe('a recording of which nothing has arrived', () => {
  it('is there, says that all of it is missing, and does not come back once it was deleted', async () => {
    const id = await newCall();
    const bodies = [
      { type: 'recording.started' },
      { type: 'ended', reason: 'caller_hung_up', detail: '' },
    ] as const;
    const events = eventsOf(id, bodies).map((event) => ({ ...event, at: stretchAt + event.seq * 5_000 }));
    await recordEvents(app.t.system(), { events });
    const { status, body } = await get(id);
    expect([status, body.state, body.duration, body.size]).toEqual([200, 'partial', 0, 0]);
    expect(body.missing).toEqual([
      {
        from: new Date(stretchAt + 5_000).toISOString(),
        to: new Date(stretchAt + 10_000).toISOString(),
        reason: 'The worker that recorded was lost.',
      },
    ]);
    expect((await fetchAudio(body.url)).bytes).toHaveLength(wavHeaderBytes);
    await app.t.db.delete(recordings).where(eq(recordings.callId, id));
    await recordEvents(app.t.system(), { events });
    expect((await get(id)).status).toBe(404);
  });

  it('takes the pieces that come after all', async () => {
    const id = await newCall();
    const [started] = eventsOf(id, [{ type: 'recording.started' }]).map((event) => ({
      ...event,
      at: stretchAt - 50,
    }));
    if (!started) throw new Error('One in, one out.');
    await recordEvents(app.t.system(), { events: [started] });
    await givePiece(app.t, id, { seq: 1, samples: counting(0, 16_000), last: true });
    expect((await get(id)).body).toMatchObject({
      ...{ duration: 1, started_at: new Date(stretchAt).toISOString() },
    });
  });
});

describe('GET /calls/{id}/recording/audio', () => {
  it('joins the pieces to the sample, with silence where nothing was recorded', async () => {
    const { body } = await get();
    const { status, headers, bytes } = await fetchAudio(body.url);
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('audio/wav');
    expect(headers.get('accept-ranges')).toBe('bytes');
    expect([bytes.length, headers.get('content-length')]).toEqual([whole, String(whole)]);
    expect(bytes.readUInt32LE(40)).toBe(total * 4);
    for (const at of [1, 999, 1_000, 1_599])
      expect([sampleOf(bytes, at, 0), sampleOf(bytes, at, 1)]).toEqual([at, -3 * at]);
    for (const at of [1_600, 2_399]) expect(sampleOf(bytes, at, 0)).toBe(0);
    expect([sampleOf(bytes, 2_400, 0), sampleOf(bytes, 3_199, 1)]).toEqual([3_000, -3 * 3_799]);
  });

  it('mixes both sides into one channel when asked', async () => {
    const { bytes, status } = await fetchAudio((await get()).body.mono_url);
    expect([status, bytes.length, bytes.readUInt16LE(22)]).toEqual([200, wavHeaderBytes + total * 2, 1]);
    expect(bytes.readInt16LE(wavHeaderBytes + 1_500 * 2)).toBe(-1_500);
    expect(bytes.readInt16LE(wavHeaderBytes + 2_000 * 2)).toBe(0);
  });

  it.each([
    ['bytes=0-9', 0, 9],
    ['bytes=40-60', 40, 60],
    // Across the pieces' border, beginning within a sample; into the silence; out of it.
    ['bytes=4039-4051', 4_039, 4_051],
    ['bytes=6443-6450', 6_443, 6_450],
    ['bytes=9643-9646', 9_643, 9_646],
    ['bytes=-5', whole - 5, whole - 1],
    ['bytes=12000-', 12_000, whole - 1],
  ])('answers %s with exactly these bytes', async (range, from, to) => {
    for (const link of ['url', 'mono_url'] as const) {
      const { body } = await get();
      const { bytes: all } = await fetchAudio(body[link]);
      if (to >= all.length) continue;
      const { status, bytes, headers } = await fetchAudio(body[link], { range });
      expect(status).toBe(206);
      const last = range.endsWith('-') || range === 'bytes=-5' ? all.length - 1 : to;
      const first = range === 'bytes=-5' ? all.length - 5 : from;
      expect(headers.get('content-range')).toBe(`bytes ${first}-${last}/${all.length}`);
      expect(bytes.equals(all.subarray(first, last + 1))).toBe(true);
    }
  });

  it('answers 416 beyond the end, and HEAD without a body', async () => {
    const { body } = await get();
    const beyond = await fetchAudio(body.url, { range: `bytes=${whole}-` });
    expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, `bytes */${whole}`]);
    const head = await fetchAudio(body.url, {}, 'HEAD');
    expect([head.status, head.headers.get('content-length')]).toEqual([200, String(whole)]);
  });

  it('refuses links that are forged, of another call, or too old with 403', async () => {
    const { body } = await get();
    const other = await newCall();
    await givePiece(app.t, other, { seq: 1, samples: counting(0, 10) });
    const later = body.url.replace(/expires=(\d+)/, (_: string, ms: string) => `expires=${Number(ms) + 1}`);
    for (const url of [
      later,
      body.url.replace(/signature=./, 'signature='),
      body.url.replace(callId, other),
      body.url.split('?')[0],
    ])
      expect((await fetchAudio(url)).status).toBe(403);
  });

  it('answers 404 by the link of a recording that was deleted since', async () => {
    const id = await newCall();
    const signed = signLink(app.t.services.authSecret, id, Date.now() + 60_000);
    expect((await app.call('GET', `/calls/${id}/recording/audio?${signed}`)).status).toBe(404);
  });

  it('plays silence for a piece whose bytes are gone', async () => {
    const id = await newCall();
    await givePiece(app.t, id, { seq: 1, samples: counting(5, 100), last: true });
    app.t.ports.blobBytes.delete(`recordings/workspace/${id}/1-1.wav`);
    const { status, bytes } = await fetchAudio((await get(id)).body.url);
    expect([status, bytes.length]).toEqual([200, wavHeaderBytes + 400]);
    expect(bytes.subarray(wavHeaderBytes).every((byte) => byte === 0)).toBe(true);
  });
});

describe('PUT /internal/recordings/{callId}/{epoch}/{seq}', () => {
  const put = (id: string, body: Buffer, headers: Record<string, string> = {}) =>
    app.call(
      'PUT',
      piecePath({ callId: id, epoch: 1, seq: 1 }, { stretch: stretchAt, offset: 0, last: true }),
      {
        body,
        headers: { authorization: `Bearer ${internalToken}`, 'content-type': 'audio/wav', ...headers },
      },
    );

  it('takes a piece, and the same piece again', async () => {
    const id = await newCall();
    const piece = stereoWav(counting(7, 50));
    for (const _ of [1, 2]) expect((await put(id, piece)).status).toBe(204);
    const { body } = await get(id);
    expect(body).toMatchObject({ state: 'complete', size: piece.length });
    expect((await fetchAudio(body.url)).bytes.equals(piece)).toBe(true);
  });

  it('refuses what is no whole recording, too much of it, and strangers, and keeps nothing of it', async () => {
    const id = await newCall();
    const piece = stereoWav(counting(7, 50));
    const before = app.t.ports.blobBytes.size;
    expect((await put(id, Buffer.from('hello'))).status).toBe(400);
    expect((await put(id, piece.subarray(0, piece.length - 4))).status).toBe(400);
    expect((await put(id, piece, { 'content-type': 'audio/mpeg' })).status).toBe(415);
    expect((await put(id, piece, { authorization: 'Bearer guess' })).status).toBe(401);
    expect((await put(crypto.randomUUID(), piece)).status).toBe(404);
    expect((await put(id, stereoWav(new Int16Array(8_100_000)))).status).toBe(413);
    expect(app.t.ports.blobBytes.size).toBe(before);
    expect((await get(id)).status).toBe(404);
  });
});

describe('PATCH /workspaces/{id}', () => {
  it('deletes recordings after the retention of the workspace, old ones as well, with their bytes', async () => {
    const boss = await signUp(app, 'Boss');
    const patch = (body: unknown) =>
      app.call('PATCH', `/workspaces/${boss.workspaceId}`, { headers: boss.headers, body });
    const agent = await newAgent(boss.ctx, { webSlug: 'retention' });
    const call = async () => (await startWebCall(app.t.anonymous, { agent: agent.webSlug ?? '' })).call.id;
    const [old, fresh] = [await call(), await call()];
    await givePiece(app.t, old, {
      seq: 1,
      samples: counting(0, 10),
      stretchAt: Date.now() - 40 * 86_400_000,
    });
    await givePiece(app.t, fresh, { seq: 1, samples: counting(0, 10), stretchAt: Date.now() });
    expect(await expireRecordings(app.t.system(), {})).toBe(0);

    const set = await patch({ recording_retention_days: 30 });
    expect([set.status, set.body.recording_retention_days]).toEqual([200, 30]);
    expect(await expireRecordings(app.t.system(), {})).toBe(1);
    expect((await get(old, boss.headers)).status).toBe(404);
    const sent = await app.t.db.select().from(outbox).where(eq(outbox.name, 'remove-blobs'));
    expect(sent.at(-1)?.payload).toEqual({ keys: [`recordings/workspace/${old}/1-1.wav`] });
    const { body } = await get(fresh, boss.headers);
    expect(Math.round((Date.parse(body.deleted_at) - Date.now()) / 86_400_000)).toBe(30);
    await patch({ recording_retention_days: null });
    expect((await get(fresh, boss.headers)).body.deleted_at).toBeNull();
  });

  it('changes the name and leaves what is not named', async () => {
    const boss = await signUp(app, 'Boss');
    const patch = (body: unknown) =>
      app.call('PATCH', `/workspaces/${boss.workspaceId}`, { headers: boss.headers, body });
    await patch({ recording_retention_days: 7 });
    expect((await patch({ name: 'Pier' })).body).toMatchObject({ name: 'Pier', recording_retention_days: 7 });
    for (const body of [{ recording_retention_days: 0 }, { recording_retention_days: 1.5 }, { name: '' }])
      expect((await patch(body)).status).toBe(400);
  });
});
