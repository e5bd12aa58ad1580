import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordEvents, startInboundCall, startWebCall } from '../../../core/calls/index.ts';
import { eventsOf, latency } from '../../factories/events.ts';
import { newAgent, newLine } from '../../factories/lines.ts';
import { type TestApp, testApp } from '../../harness/app.ts';
import { type Caller, signUp } from './crew.ts';

let app: TestApp;
let ada: Caller;
let desk: string;
let line: string;
let phoneCall: string;
const noon = Date.UTC(2026, 1, 10, 12);
const range = 'start_datetime=2026-02-10&end_datetime=2026-02-12';

beforeAll(async () => {
  app = await testApp();
  ada = await signUp(app);
  const agent = await newAgent(ada.ctx, { name: 'Front desk', webSlug: 'desk' });
  const night = await newAgent(ada.ctx, {
    name: 'Night desk',
    definition: { firstMessage: 'Hello!', tts: { provider: 'openai' } },
  });
  const number = await newLine(app.t, ada.ctx, night.id);
  desk = agent.id;
  line = number.e164;
  const { call } = await startWebCall(app.t.anonymous, { agent: 'desk' });
  const plan = await startInboundCall(app.t.system(), { phoneNumberId: number.id, roomName: 'r-1' });
  phoneCall = plan.callId;
  await report(call.id, [400, 500, 600, 700], noon);
  await report(phoneCall, [1_500, 900], noon + 86_400_000);
  const other = await newLine(app.t, ada.ctx, night.id);
  const third = await startInboundCall(app.t.system(), { phoneNumberId: other.id, roomName: 'r-2' });
  await report(third.callId, [300], noon + 5 * 86_400_000);
});
afterAll(() => app[Symbol.asyncDispose]());

/** Turns of one call with these totals, an hour apart. */
async function report(callId: string, totals: readonly number[], startAt: number): Promise<void> {
  const events = eventsOf(
    callId,
    totals.map((totalMs, index) => ({
      type: 'agent.turn' as const,
      text: `Answer ${index}`,
      source: 'reply' as const,
      interrupted: false,
      startedAt: startAt,
      endedAt: startAt + 1_000,
      latency: { ...latency, totalMs },
    })),
    { startAt },
  );
  // As a queue does: twice.
  await recordEvents(app.t.system(), { events });
  await recordEvents(app.t.system(), { events });
}

const get = (query: string, headers = ada.headers) =>
  app.call('GET', `/reports/latency?${query}`, { headers });

describe('GET /reports/latency', () => {
  it('answers percentiles of the total and of every part, and each turn counts once', async () => {
    const { status, body } = await get(range);
    expect(status).toBe(200);
    expect(body.latency.total).toEqual({ turns: 6, p50_ms: 600, p95_ms: 1_500, p99_ms: 1_500 });
    expect(body.latency.llm_first_token).toEqual({ turns: 6, p50_ms: 120, p95_ms: 120, p99_ms: 120 });
    expect(Object.keys(body.latency)).toEqual([
      'total',
      'transcription',
      'end_of_turn',
      'llm_first_token',
      'tts_first_byte',
    ]);
    expect(body.groups).toEqual([]);
  });

  it('shows the worst turns with their parts, slowest first, as many as were asked for', async () => {
    const { body } = await get(`${range}&worst=2`);
    expect(body.worst).toMatchObject([
      {
        ...{ call_id: phoneCall, total_ms: 1_500, text: 'Answer 0', phone_number: line },
        ...{ agent_name: 'Night desk', LLM_provider: 'open ai', TTS_provider: 'openai' },
        ...{ transcription_ms: 80, end_of_turn_ms: 210, llm_first_token_ms: 120, tts_first_byte_ms: 90 },
      },
      { total_ms: 900 },
    ]);
    expect((await get(`${range}&worst=0`)).body.worst).toEqual([]);
  });

  it.each([
    ['agent', ['Front desk', 'Night desk']],
    ['tts', ['elevenlabs', 'openai']],
    ['llm', ['openai']],
  ])('compares by %s, the one with the most turns first', async (by, names) => {
    const { body } = await get(`${range}&group_by=${by}`);
    expect(body.groups.map(({ name }: { name: string }) => name)).toEqual(names);
    expect(body.latency.total.turns).toBe(6);
  });

  it('compares trunks, and puts the numbers of one together', async () => {
    const { body } = await get('start_datetime=2026-02-10&end_datetime=2026-02-20&group_by=trunk');
    expect(body.groups).toMatchObject([
      { key: null, name: null, latency: { total: { turns: 4 } } },
      {
        ...{ key: 'sip.carrier.test', name: 'sip.carrier.test' },
        latency: { total: { turns: 3, p50_ms: 900, p95_ms: 1_500 } },
      },
    ]);
  });

  it('compares numbers; web calls have none', async () => {
    const { body } = await get(`${range}&group_by=number`);
    expect(body.groups).toMatchObject([
      { key: null, name: null, latency: { total: { turns: 4, p50_ms: 500 } } },
      { name: line, latency: { total: { turns: 2, p50_ms: 900, p95_ms: 1_500 } } },
    ]);
  });

  it.each([
    [() => `agent_id=${desk}`, 4],
    [() => `phone_number=${encodeURIComponent(line)}`, 2],
    [() => 'TTS_provider=openai', 2],
    [() => 'STT_provider=openai', 0],
    [() => 'LLM_provider=open%20ai', 6],
    [() => 'end_datetime=2026-02-10', 4],
  ])('filters (%#)', async (query, turns) => {
    const { body } = await get(
      `start_datetime=2026-02-10&end_datetime=2026-02-12&${query()}`.replace(
        /end_datetime=2026-02-12&(?=.*end_)/,
        '',
      ),
    );
    expect(body.latency.total.turns).toBe(turns);
    expect(body.worst).toHaveLength(turns);
  });

  it('looks at the last seven days when no time is given', async () => {
    const { body } = await get('');
    expect(body.latency.total).toEqual({ turns: 0, p50_ms: null, p95_ms: null, p99_ms: null });
    const span = Date.parse(body.end_datetime) - Date.parse(body.start_datetime);
    expect(span).toBe(7 * 86_400_000);
  });

  it('shows nothing of another workspace', async () => {
    const stranger = await signUp(app, 'Stranger');
    for (const query of [
      range,
      `${range}&agent_id=${desk}`,
      `${range}&phone_number=${encodeURIComponent(line)}`,
    ]) {
      const { body } = await get(query, stranger.headers);
      expect(body.latency.total.turns).toBe(0);
      expect(body.worst).toEqual([]);
    }
  });

  it.each([
    'group_by=moon',
    'worst=101',
    'worst=-1',
    'agent_id=me',
    'LLM_provider=abacus',
    'start_datetime=soon',
    'start_datetime=2026-02-12&end_datetime=2026-02-10',
  ])('refuses %s with 400', async (query) => expect((await get(query)).status).toBe(400));
});
