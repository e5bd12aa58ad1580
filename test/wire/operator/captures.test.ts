import { randomUUID } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { recordEvents, startInboundCall } from '../../../core/calls/index.ts';
import { beginCapture, expireCaptures, settleCapture } from '../../../core/captures/index.ts';
import { signLink } from '../../../core/recordings/link.ts';
import { auditLog } from '../../../db/schema/audit-log.ts';
import { outbox } from '../../../db/schema/outbox.ts';
import { workspaces } from '../../../db/schema/workspaces.ts';
import { conversation, eventsOf } from '../../factories/events.ts';
import { newAgent, newLine } from '../../factories/lines.ts';
import { type TestApp, testApp } from '../../harness/app.ts';
import { type Caller, join, signUp } from './crew.ts';

let app: TestApp;
let ada: Caller;
let line: Awaited<ReturnType<typeof newLine>>;

beforeAll(async () => {
  app = await testApp();
  ada = await signUp(app);
});
afterAll(() => app[Symbol.asyncDispose]());
beforeEach(async () => {
  line = await newLine(app.t, ada.ctx, (await newAgent(ada.ctx)).id);
  app.t.ports.whyNoCapture = null;
});

const path = () => `/phonenumbers/${line.e164}/captures`;
const ask = (as: Caller = ada) => app.call('POST', path(), { headers: as.headers });
const list = async (as: Caller = ada) => app.call('GET', path(), { headers: as.headers });

/** What the job does when the call has come. */
async function captured(captureId: string, sipCallId = 'abc@carrier'): Promise<void> {
  const order = await beginCapture(app.t.system(), { captureId });
  if (!order) throw new Error('There is nothing to capture.');
  const { blobKey } = order;
  app.t.ports.blobBytes.set(blobKey, Buffer.from('packets'));
  const file = { sipCallId, blobKey, sizeBytes: 7 };
  await settleCapture(app.t.system(), { captureId, detail: '', file });
}

describe('POST /phonenumbers/{number}/captures', () => {
  it('has the next call of the number captured, once at a time, by admins, with an audit line', async () => {
    const first = await ask();
    expect([first.status, first.body]).toMatchObject([201, { state: 'asked', url: null, call_id: null }]);
    expect((await ask()).status).toBe(409);
    const sent = await app.t.db.select().from(outbox).where(eq(outbox.name, 'capture-packets'));
    expect(sent.at(-1)?.payload).toEqual({ captureId: first.body.id });
    const audit = await app.t.db.select().from(auditLog).where(eq(auditLog.target, first.body.id));
    expect(audit).toMatchObject([{ operation: 'capture.request', details: { phoneNumber: line.e164 } }]);
    await captured(first.body.id);
    expect((await ask()).status).toBe(201);
    const developer = await join(app, ada.workspaceId, 'developer');
    expect([(await ask(developer)).status, (await list(developer)).status]).toEqual([403, 403]);
    expect((await ask(await signUp(app, 'Eve'))).status).toBe(404);
  });

  it('is refused with 503 and the reason where packets cannot be captured, and then nothing is kept', async () => {
    app.t.ports.whyNoCapture = 'tcpdump is not installed where livekit-sip runs: apt-get install tcpdump.';
    const answer = await ask();
    expect([answer.status, answer.body.detail]).toEqual([503, app.t.ports.whyNoCapture]);
    expect((await list()).body).toEqual([]);
  });
});

describe('a capture', () => {
  it('names its call and is downloaded by a signed link, which nobody can forge', async () => {
    const { id } = (await ask()).body;
    const roomName = `inbound_+14155559876_${id}`;
    const { callId } = await startInboundCall(app.t.system(), { phoneNumberId: line.id, roomName });
    await recordEvents(app.t.system(), { events: eventsOf(callId, conversation()) });
    await captured(id);
    const [capture] = (await list()).body;
    expect(capture).toMatchObject({ state: 'ready', call_id: callId, sip_call_id: 'abc@carrier', size: 7 });
    const link = new URL(capture.url);
    const got = await app.call('GET', `${link.pathname}${link.search}`);
    expect([got.status, got.headers.get('content-type')]).toEqual([200, 'application/vnd.tcpdump.pcap']);
    expect(String(got.body)).toBe('packets');
    const forged = link.search.replace(/expires=\d+/, 'expires=8999999999999');
    for (const query of ['', forged, `${link.search}0`])
      expect((await app.call('GET', `${link.pathname}${query}`)).status).toBe(403);
    // It was deleted since the link was made.
    const [gone, at] = [randomUUID(), Date.now() + 60_000];
    const signed = signLink(app.t.services.authSecret, gone, at, 'capture');
    expect((await app.call('GET', `/captures/${gone}/file?${signed}`)).status).toBe(404);
  });

  it('that was lost with its process has failed, and another may be asked for', async () => {
    const { id } = (await ask()).body;
    expect(await beginCapture(app.t.system(), { captureId: id })).not.toBeNull();
    expect(await beginCapture(app.t.system(), { captureId: id })).toBeNull();
    expect((await list()).body).toMatchObject([
      { state: 'failed', detail: expect.stringContaining('restarted') },
    ]);
    expect((await ask()).status).toBe(201);
  });

  it('is deleted with its bytes after the retention of recordings, and not before', async () => {
    const { id } = (await ask()).body;
    await captured(id);
    expect(await expireCaptures(app.t.system(), {})).toBe(0);
    const keep = (days: number | null) =>
      app.t.db
        .update(workspaces)
        .set({ recordingRetentionDays: days })
        .where(eq(workspaces.id, ada.workspaceId));
    await keep(1);
    expect(await expireCaptures(app.t.system(), {})).toBe(0);
    await keep(0);
    expect(await expireCaptures(app.t.system(), {})).toBeGreaterThan(0);
    await keep(null);
    expect((await list()).body).toEqual([]);
    const sent = await app.t.db.select().from(outbox).where(eq(outbox.name, 'remove-blobs'));
    expect(JSON.stringify(sent)).toContain(`captures/${ada.workspaceId}/${id}.pcap`);
  });
});
