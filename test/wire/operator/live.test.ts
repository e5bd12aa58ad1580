import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { streamLimits } from '../../../control-plane/http/open-streams.ts';
import { recordEvents } from '../../../core/calls/index.ts';
import { callChannel } from '../../../core/fleet.ts';
import { logOutEverywhere } from '../../../core/users/index.ts';
import { newAgent } from '../../factories/lines.ts';
import { type TestApp, testApp } from '../../harness/app.ts';
import { type Caller, join, signUp } from './crew.ts';

let app: TestApp;
let ada: Caller;
beforeAll(async () => {
  app = await testApp();
  ada = await signUp(app);
  await newAgent(ada.ctx, { webSlug: 'live' });
});
afterAll(() => app[Symbol.asyncDispose]());

const newCall = async (): Promise<string> =>
  (await app.call('GET', '/calls/generate-token?agent_id=live')).body.call_id;

const turn = (callId: string, seq: number, text: string) => ({
  ...{ callId, epoch: 1, seq, at: Date.now() },
  type: 'user.turn' as const,
  ...{ text, startedAt: 1, endedAt: 2 },
});
const ended = (callId: string, seq: number) => ({
  ...{ callId, epoch: 1, seq, at: Date.now() },
  type: 'ended' as const,
  reason: 'caller_hung_up' as const,
  detail: '',
});

/** Reads named events until one of `type` has come or the stream ends. */
async function* eventsOf(response: Response): AsyncGenerator<{ id: string; event: string; data: unknown }> {
  if (response.body === null) throw new Error('no stream');
  let rest = '';
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    const blocks = (rest + text).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const lines = new Map(
        block.split('\n').map((line) => [line.split(': ')[0], line.slice(line.indexOf(': ') + 2)]),
      );
      const [id, event, data] = [lines.get('id'), lines.get('event'), lines.get('data')];
      if (id !== undefined && event !== undefined && data !== undefined)
        yield { id, event, data: JSON.parse(data) };
    }
  }
}

const open = (callId: string) =>
  fetch(`${app.url}/calls/${callId}/stream`, { headers: ada.headers, signal: AbortSignal.timeout(20_000) });

describe('GET /calls/{id}/stream', () => {
  it('sends what is recorded, then what happens, each event once, and ends with the call', async () => {
    const callId = await newCall();
    await recordEvents(app.t.system(), { events: [turn(callId, 1, 'one')] });
    const response = await open(callId);
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    const seen: string[] = [];
    for await (const { id, event } of eventsOf(response)) {
      seen.push(`${id} ${event}`);
      if (seen.length > 1) continue;
      for (const item of [
        turn(callId, 1, 'one'),
        turn(callId, 2, 'two'),
        turn(callId, 2, 'two'),
        ended(callId, 3),
      ])
        await app.redis.publish(callChannel(callId), JSON.stringify(item));
    }
    expect(seen).toEqual(['1-1 user.turn', '1-2 user.turn', '1-3 ended']);
  });

  it('sends a call that is over as a whole and ends', async () => {
    const callId = await newCall();
    await recordEvents(app.t.system(), { events: [turn(callId, 1, 'one'), ended(callId, 2)] });
    const seen: string[] = [];
    for await (const { event } of eventsOf(await open(callId))) seen.push(event);
    expect(seen).toEqual(['user.turn', 'ended']);
  });

  it('overlooks what is no event', async () => {
    const callId = await newCall();
    const events = eventsOf(await open(callId));
    const first = events.next();
    for (const text of ['not json', '{}', JSON.stringify(ended(callId, 1))])
      await app.redis.publish(callChannel(callId), text);
    expect((await first).value).toMatchObject({ event: 'ended' });
  });

  it('stops listening when nobody watches any more', async () => {
    const callId = await newCall();
    const abort = new AbortController();
    const response = await fetch(`${app.url}/calls/${callId}/stream`, {
      headers: ada.headers,
      signal: abort.signal,
    });
    const listeners = async () => Number((await app.redis.pubsub('NUMSUB', callChannel(callId)))[1]);
    expect(await listeners()).toBe(1);
    abort.abort();
    await response.body?.cancel().catch(() => undefined);
    await expect.poll(listeners, { timeout: 10_000 }).toBe(0);
  });

  it('is open so many times for one caller and no more: 429, until one of them is closed', async () => {
    const owner = await signUp(app);
    await newAgent(owner.ctx, { webSlug: 'crowded' });
    const { call_id } = (await app.call('GET', '/calls/generate-token?agent_id=crowded')).body;
    const watch = async (headers: Readonly<Record<string, string>>) => {
      const abort = new AbortController();
      const response = await fetch(`${app.url}/calls/${call_id}/stream`, { headers, signal: abort.signal });
      return { response, abort };
    };
    const all = await Promise.all(Array.from({ length: streamLimits.perCaller }, () => watch(owner.headers)));
    expect(all.every(({ response }) => response.status === 200)).toBe(true);
    const { response: refused } = await watch(owner.headers);
    expect([refused.status, refused.headers.has('retry-after')]).toEqual([429, true]);
    expect(await refused.json()).toMatchObject({ detail: expect.stringContaining('50 streams open') });
    const colleague = await join(app, owner.workspaceId, 'member');
    const other = await watch(colleague.headers);
    expect(other.response.status).toBe(200);
    all[0]?.abort.abort();
    const again = async () => {
      const { response, abort } = await watch(owner.headers);
      abort.abort();
      return response.status;
    };
    await expect.poll(again, { timeout: 10_000 }).toBe(200);
    for (const { abort } of [...all, other]) abort.abort();
  });

  it('ends for whoever would not be let in any more', async () => {
    await using quick = await testApp({ heartbeatMs: 50 });
    const owner = await signUp(quick);
    await newAgent(owner.ctx, { webSlug: 'watched' });
    const { call_id } = (await quick.call('GET', '/calls/generate-token?agent_id=watched')).body;
    const watch = async (headers: Readonly<Record<string, string>>) => {
      const response = await fetch(`${quick.url}/calls/${call_id}/stream`, {
        headers,
        signal: AbortSignal.timeout(20_000),
      });
      expect(response.status).toBe(200);
      const watched = { text: '', over: false };
      const read = async () => {
        for await (const text of response.body?.pipeThrough(new TextDecoderStream()) ?? [])
          watched.text += text;
        watched.over = true;
      };
      void read().catch(() => undefined);
      return watched;
    };
    const { headers } = owner;
    const keys = `/workspaces/${owner.workspaceId}/api-keys`;
    const named = { headers, body: { name: 'wallboard', role: 'member' } };
    const key = (await quick.call('POST', keys, named)).body;
    const leaver = await join(quick, owner.workspaceId, 'member');
    const [byKey, byLeaver, byOwner] = [
      await watch({ 'X-API-Key': key.key }),
      await watch(leaver.headers),
      await watch(headers),
    ];
    await quick.call('DELETE', `${keys}/${key.id}`, { headers });
    await expect.poll(() => byKey.over, { timeout: 10_000 }).toBe(true);
    expect(byLeaver.over).toBe(false);
    await logOutEverywhere(leaver.ctx, {});
    await expect.poll(() => byLeaver.over, { timeout: 10_000 }).toBe(true);
    const beats = byOwner.text.length;
    await expect.poll(() => byOwner.text.length, { timeout: 10_000 }).toBeGreaterThan(beats + 50);
    expect(byOwner.over).toBe(false);
  });

  it('is opened for nobody any more while the server stops', async () => {
    await using stopping = await testApp();
    const owner = await signUp(stopping);
    await newAgent(owner.ctx, { webSlug: 'stopping' });
    const { call_id } = (await stopping.call('GET', '/calls/generate-token?agent_id=stopping')).body;
    stopping.app.endStreams();
    const response = await fetch(`${stopping.url}/calls/${call_id}/stream`, {
      headers: owner.headers,
      signal: AbortSignal.timeout(5_000),
    });
    expect(await response.text()).toBe(': open\n\n');
    const listeners = async () => (await stopping.redis.pubsub('NUMSUB', callChannel(call_id)))[1];
    await expect.poll(listeners).toBe(0);
  });
});
