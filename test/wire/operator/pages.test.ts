import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newAgent, newLine } from '../../factories/lines.ts';
import { internalToken, type TestApp, testApp } from '../../harness/app.ts';
import { type Caller, signUp } from './crew.ts';

let app: TestApp;
let ada: Caller;
let pagesDir: string;
beforeAll(async () => {
  pagesDir = await mkdtemp(join(tmpdir(), 'trunkline-pages-'));
  app = await testApp({ pagesDir });
  ada = await signUp(app);
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
  await rm(pagesDir, { recursive: true, force: true });
});

const host = {
  hostId: 'h1',
  agentName: 'trunkline',
  pid: 1,
  slots: 6,
  active: 2,
  calls: [],
  draining: false,
  loopDelayMs: 1,
  rssBytes: 1,
  nodeVersion: 'v24',
  at: 0,
};

describe('the visitor page', () => {
  it('says in words that it is not built, and is served once it is', async () => {
    const before = await app.call('GET', '/talk/demo');
    expect([before.status, before.headers.get('content-type')]).toEqual([503, 'text/html; charset=utf-8']);
    expect(before.body).toContain('not built yet');
    await mkdir(join(pagesDir, 'talk'));
    await mkdir(join(pagesDir, 'assets'));
    await writeFile(join(pagesDir, 'talk', 'index.html'), '<!doctype html><title>Talk</title>');
    await writeFile(join(pagesDir, 'assets', 'talk-1.js'), 'export {};');
    await writeFile(join(pagesDir, 'secret.txt'), 'secret');
    expect((await app.call('GET', '/talk/demo')).body).toContain('<title>Talk</title>');
    const asset = await app.call('GET', '/assets/talk-1.js');
    expect([asset.status, asset.headers.get('content-type')]).toEqual([
      200,
      'text/javascript; charset=utf-8',
    ]);
    expect((await app.call('GET', '/assets/none.js')).status).toBe(404);
  });

  it.each(['/assets/../secret.txt', '/assets/..%2Fsecret.txt', '/assets/%2e%2e/secret.txt', '/assets/'])(
    'serves nothing outside of its folder: %s',
    async (path) => {
      const answer = await app.call('GET', path);
      expect(answer.status).toBe(404);
      expect(JSON.stringify(answer.body)).not.toContain('secret"');
    },
  );

  it('tells a visitor the agent’s name, and whether anybody can take the call', async () => {
    await newAgent(ada.ctx, { name: 'Reception', webSlug: 'reception' });
    app.t.ports.workerHosts = [];
    expect((await app.call('GET', '/talk/reception/info')).body).toEqual({
      agent_name: 'Reception',
      online: false,
    });
    app.t.ports.workerHosts = [host];
    expect((await app.call('GET', '/talk/reception/info')).body).toEqual({
      agent_name: 'Reception',
      online: true,
    });
    app.t.ports.workerHosts = [{ ...host, active: 6 }];
    expect((await app.call('GET', '/talk/reception/info')).body.online).toBe(false);
    expect((await app.call('GET', '/talk/nobody/info')).status).toBe(404);
  });
});

describe('the landing page', () => {
  it('links what there is', async () => {
    const { body } = await app.call('GET', '/');
    expect(body).toContain('href="/talk/demo"');
    expect(body).toContain('href="/docs"');
  });
});

describe('GET /reports/workload', () => {
  it('is Prometheus text, each number with HELP and TYPE', async () => {
    app.t.ports.workerHosts = [
      host,
      { ...host, hostId: 'h2', agentName: 'a "quoted"\\name', draining: true },
    ];
    app.t.ports.liveRooms = 3;
    const { status, headers, body } = await app.call('GET', '/reports/workload');
    expect([status, headers.get('content-type')]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
    const samples = new Map<string, string>();
    const described = new Set<string>();
    for (const line of String(body).trimEnd().split('\n')) {
      const [, kind, name = ''] = /^# (HELP|TYPE) (\w+) \S/.exec(line) ?? [];
      if (kind !== undefined) described.add(`${kind} ${name}`);
      else {
        expect(line).toMatch(/^[a-z_]+(\{agent="(?:[^"\\\n]|\\.)*"\})? \d+$/);
        const metric = line.split(/[{ ]/)[0] ?? '';
        expect(described).toContain(`HELP ${metric}`);
        expect(described).toContain(`TYPE ${metric}`);
        samples.set(line.slice(0, line.lastIndexOf(' ')), line.slice(line.lastIndexOf(' ') + 1));
      }
    }
    expect(samples.get('trunkline_worker_slots')).toBe('6');
    expect(samples.get('trunkline_free_slots')).toBe('4');
    expect(samples.get('trunkline_worker_hosts')).toBe('2');
    expect(samples.get('trunkline_worker_loop_delay_ms')).toBe('1');
    expect(samples.get('trunkline_live_rooms')).toBe('3');
    expect(samples.get('trunkline_agent_active_calls{agent="trunkline"}')).toBe('2');
    for (const name of [
      'active_calls',
      'ringing_calls',
      'queued_calls',
      'about_to_dial_calls',
      'desired_replicas',
    ])
      expect(samples.has(`trunkline_${name}`), name).toBe(true);
  });
});

describe('health', () => {
  it('is answered as long as the process lives, with its version', async () => {
    expect((await app.call('GET', '/health')).body).toEqual({ status: 'ok', version: '0.0.0-test' });
  });

  it('is ready when every part answers, and 503 with the part that does not', async () => {
    expect((await app.call('GET', '/health/ready')).status).toBe(200);
    await using broken = await testApp({
      probes: {
        db: async () => 1,
        redis: async () => 1,
        livekit: () => Promise.reject(new Error('secret reason')),
      },
    });
    const answer = await broken.call('GET', '/health/ready');
    expect(answer.status).toBe(503);
    expect(answer.body).toEqual({
      status: 'down',
      db: { state: 'ok', detail: null },
      redis: { state: 'ok', detail: null },
      livekit: { state: 'down', detail: 'cannot be reached' },
    });
  });
});

describe('the demo booking book', () => {
  it('takes bookings, refuses what is no booking, and is not there when the demo is off', async () => {
    const made = await app.call('POST', '/demo/bookings', {
      body: { name: 'Ada', date: 'Friday', time: 'noon' },
    });
    expect([made.status, made.body.confirmed]).toEqual([200, true]);
    expect(made.body.reference).toMatch(/^B\d+$/);
    expect((await app.call('GET', '/demo/bookings')).body.items[0]).toMatchObject({ name: 'Ada' });
    const bad = await app.call('POST', '/demo/bookings', { body: { name: '' } });
    expect(bad.status).toBe(400);
    expect(bad.body.errors.map((one: { field: string }) => one.field)).toEqual(['name', 'date', 'time']);
    await using off = await testApp({ demoEnabled: false });
    expect((await off.call('POST', '/demo/bookings', { body: {} })).status).toBe(404);
  });
});

describe('the internal routes', () => {
  const headers = { authorization: `Bearer ${internalToken}` };

  it('are for the internal token only', async () => {
    const admin = await signUp(app);
    for (const wrong of [
      {},
      { authorization: 'Bearer wrong' },
      admin.headers,
      { authorization: internalToken },
    ]) {
      expect((await app.call('GET', '/internal/metrics', { headers: wrong })).status).toBe(401);
      expect((await app.call('POST', '/internal/calls/inbound', { headers: wrong, body: {} })).status).toBe(
        401,
      );
    }
    expect((await app.call('GET', '/internal/nothing', { headers })).status).toBe(404);
  });

  it('answer the plan of a call, 404 for one that is not there, 409 for another epoch', async () => {
    await newAgent(ada.ctx, { webSlug: 'planned' });
    const { body: made } = await app.call('GET', '/calls/generate-token?agent_id=planned');
    const plan = await app.call('GET', `/internal/calls/${made.call_id}/plan?epoch=1`, { headers });
    expect(plan.status).toBe(200);
    expect(plan.body).toMatchObject({ callId: made.call_id, epoch: 1, roomName: made.room, resume: null });
    expect((await app.call('GET', `/internal/calls/${made.call_id}/plan?epoch=2`, { headers })).status).toBe(
      409,
    );
    expect((await app.call('GET', `/internal/calls/${made.call_id}/plan?epoch=x`, { headers })).status).toBe(
      400,
    );
    expect((await app.call('GET', `/internal/calls/${ada.workspaceId}/plan`, { headers })).status).toBe(404);
  });

  it('answer an inbound call with a plan, and 404 with the reason when no agent answers', async () => {
    const agent = await newAgent(ada.ctx);
    const line = await newLine(app.t, ada.ctx, agent.id);
    const ring = (phoneNumberId: string, roomName: string) =>
      app.call('POST', '/internal/calls/inbound', { headers, body: { phoneNumberId, roomName } });
    const first = await ring(line.id, 'call-_+14155550123_abc');
    expect(first.body).toMatchObject({ channel: 'phone', direction: 'inbound', fromNumber: '+14155550123' });
    expect((await ring(line.id, 'call-_+14155550123_abc')).body.callId).toBe(first.body.callId);
    const unmapped = await newLine(app.t, ada.ctx, null);
    const refused = await ring(unmapped.id, 'call-_+14155550123_def');
    expect(refused.status).toBe(404);
    expect(refused.body.message).toContain('No agent is mapped');
  });

  it('count requests by operation, without paths', async () => {
    const { body } = await app.call('GET', '/internal/metrics', { headers });
    expect(body).toContain('operation="getHealth",status="200"');
    expect(body).not.toContain('/talk/');
  });
});
