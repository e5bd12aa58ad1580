import { eq } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { chatCompletions } from '../../adapters/chat-completions.ts';
import { createAgent } from '../../core/agents/index.ts';
import { analyzeCall, requestAnalysis } from '../../core/analyses/index.ts';
import { capped } from '../../core/analyses/prompt.ts';
import {
  type CallEventBody,
  finalizeCall,
  getCall,
  recordEvents,
  startInboundCall,
} from '../../core/calls/index.ts';
import type { Context } from '../../core/context.ts';
import { callAnalyses } from '../../db/schema/call-analyses.ts';
import { outbox } from '../../db/schema/outbox.ts';
import type { JobServices } from '../../jobs/services.ts';
import { tasks } from '../../jobs/tasks/index.ts';
import { newId } from '../../platform/ids.ts';
import { conversation, eventsOf } from '../factories/events.ts';
import { newLine } from '../factories/lines.ts';
import { newPerson, withRole } from '../factories/people.ts';
import { type ChatServer, chatServer, type Turn } from '../harness/chat-server.ts';
import { type TestContext, testContext } from '../harness/context.ts';

type Definition = NonNullable<Parameters<typeof createAgent>[1]['definition']>;

const schema = {
  type: 'object',
  properties: { name: { type: 'string' }, date: { type: 'string' }, guests: { type: 'integer', minimum: 1 } },
  required: ['name'],
  additionalProperties: false,
};

/** A finished call of an agent. */
async function finishedCall(
  t: TestContext,
  ctx: Context,
  definition: Definition = {},
  bodies: readonly CallEventBody[] = conversation(),
): Promise<string> {
  const agent = await createAgent(ctx, { name: 'Front desk', definition });
  const line = await newLine(t, ctx, agent.id);
  const { callId } = await startInboundCall(t.system(), { phoneNumberId: line.id, roomName: newId() });
  await recordEvents(t.system(), { events: eventsOf(callId, bodies) });
  expect(await finalizeCall(t.system(), { callId })).toBe('finalized');
  return callId;
}

/** The conversation with a function that was called in it. */
function withTool(ok: boolean, result: unknown, name = 'book_table'): CallEventBody[] {
  const bodies = conversation();
  const [toolCallId, args] = ['t1', { name: 'Ada', date: 'Monday' }];
  bodies.splice(
    -1,
    0,
    { type: 'tool.called', toolCallId, name, arguments: args },
    { type: 'tool.returned', toolCallId, name, ok, result, durationMs: 5 },
  );
  return bodies;
}

const orders = (t: TestContext) => t.db.select().from(outbox).where(eq(outbox.name, 'analyze-call'));

const answer = (more: object = {}) => ({
  summary: 'The person asked for the opening hours and got them.',
  disposition: 'completed',
  success: { met: true, reason: 'The hours were told.' },
  sentiment: 'positive',
  action_items: ['Send the leaflet.'],
  structured: null,
  ...more,
});
const say = (more: object = {}): Turn => ({ say: JSON.stringify(answer(more)) });

/** One analysis with a server that plays this script, and what came of it. */
async function analysed(
  script: readonly Turn[],
  { definition = {}, timeoutMs = 10_000 }: { definition?: Definition; timeoutMs?: number } = {},
): Promise<{
  analysis: NonNullable<Awaited<ReturnType<typeof getCall>>['analysis']>;
  requests: ChatServer['requests'];
}> {
  await using t = await testContext();
  await using server = await chatServer(script);
  t.ports.languageModel = chatCompletions({ OPENAI_BASE_URL: server.url });
  const { ctx } = await newPerson(t);
  const callId = await finishedCall(t, ctx, definition);
  await analyzeCall(t.system(), { callId, run: 1, timeoutMs });
  const { analysis } = await getCall(ctx, { callId });
  if (!analysis) throw new Error('there is no analysis');
  return { analysis, requests: server.requests };
}

describe('when a call is analysed', () => {
  test('a call in which something was said is, once, at its end; a silent one and an unwilling agent are not', async () => {
    await using t = await testContext();
    const { ctx } = await newPerson(t);
    const callId = await finishedCall(t, ctx);
    await finalizeCall(t.system(), { callId });
    expect(await orders(t)).toMatchObject([{ payload: { callId, run: 1 }, key: `analyze-${callId}-1` }]);
    expect((await getCall(ctx, { callId })).analysis).toMatchObject({ run: 1, status: 'pending' });
    const silent = await finishedCall(t, ctx, {}, [
      { type: 'call.answered' },
      { type: 'ended', reason: 'caller_hung_up', detail: '' },
    ]);
    const unwilling = await finishedCall(t, ctx, { analysis: { enabled: false } });
    for (const id of [silent, unwilling]) expect((await getCall(ctx, { callId: id })).analysis).toBeNull();
    expect(await orders(t)).toHaveLength(1);
  });

  test('developers ask for another run of an old call, one at a time; members and strangers do not', async () => {
    await using t = await testContext();
    const [ada, ben] = [await newPerson(t, 'Ada'), await newPerson(t, 'Ben')];
    const callId = await finishedCall(t, ada.ctx, { analysis: { enabled: false } });
    const developer = await withRole(t, ada.ctx, 'developer');
    expect(await requestAnalysis(developer, { callId })).toMatchObject({ run: 1, status: 'pending' });
    expect(await requestAnalysis(developer, { callId })).toMatchObject({ run: 1, status: 'pending' });
    expect(await orders(t)).toHaveLength(1);
    await analyzeCall(t.system(), { callId, run: 1 });
    expect(await requestAnalysis(developer, { callId })).toMatchObject({ run: 2 });
    // Until the new run is done, the old one is the answer.
    expect((await getCall(ada.ctx, { callId })).analysis).toMatchObject({ run: 1, status: 'done' });
    await analyzeCall(t.system(), { callId, run: 2 });
    expect((await getCall(ada.ctx, { callId })).analysis).toMatchObject({ run: 2, status: 'done' });
    const member = await withRole(t, ada.ctx, 'member');
    await expect(requestAnalysis(member, { callId })).rejects.toMatchObject({ code: 'forbidden' });
    await expect(requestAnalysis(ben.ctx, { callId })).rejects.toMatchObject({ code: 'not_found' });
  });

  test('a run whose job was lost does not block the next one for ever', async () => {
    await using t = await testContext();
    const { ctx } = await newPerson(t);
    const callId = await finishedCall(t, ctx);
    await t.db.update(callAnalyses).set({ createdAt: new Date(Date.now() - 601_000) });
    expect(await requestAnalysis(ctx, { callId })).toMatchObject({ run: 2 });
  });

  test('a call that is not over is refused', async () => {
    await using t = await testContext();
    const { ctx } = await newPerson(t);
    const agent = await createAgent(ctx, { name: 'A', definition: {} });
    const line = await newLine(t, ctx, agent.id);
    const { callId } = await startInboundCall(t.system(), { phoneNumberId: line.id, roomName: newId() });
    await expect(requestAnalysis(ctx, { callId })).rejects.toMatchObject({ code: 'conflict' });
  });
});

test('the job of a finished call does the run that it names', async () => {
  await using t = await testContext();
  const { ctx } = await newPerson(t);
  const callId = await finishedCall(t, ctx);
  const [order] = await orders(t);
  const task = tasks.find(({ name }) => name === 'analyze-call');
  await task?.execute({ ctx: t.system() } as JobServices, order?.payload);
  expect((await getCall(ctx, { callId })).analysis).toMatchObject({ run: 1, status: 'done' });
});

describe('by rules', () => {
  const byRules = async (bodies: readonly CallEventBody[], definition: Definition = {}) => {
    await using t = await testContext();
    const { ctx } = await newPerson(t);
    const callId = await finishedCall(t, ctx, definition, bodies);
    await analyzeCall(t.system(), { callId, run: 1 });
    return (await getCall(ctx, { callId })).analysis;
  };

  test('without a model the words that were said make the summary, and the row says so', async () => {
    const analysis = await byRules(conversation());
    expect(analysis).toMatchObject({
      ...{ status: 'done', analyzedBy: 'rules', disposition: 'completed', dispositionBy: 'rules' },
      problem: 'No language model is configured (OPENAI_API_KEY or OPENAI_BASE_URL).',
      ...{ success: null, sentiment: 'neutral', actionItems: [], structured: null, structuredProblem: null },
    });
    expect(analysis?.summary).toContain('When are you open?');
    expect(analysis?.summary).toContain('From nine to six.');
    expect(analysis?.finishedAt).toBeInstanceOf(Date);
  });

  test('a function that worked is a success, and fills the fields of its name', async () => {
    expect(await byRules(withTool(true, { guests: 4 }), { analysis: { schema } })).toMatchObject({
      ...{ success: true, successReason: 'book_table worked.' },
      structured: { name: 'Ada', date: 'Monday', guests: 4 },
      structuredProblem: null,
    });
  });

  test('a function that failed is none, and somebody’s task', async () => {
    const analysis = await byRules(withTool(false, 'The book is closed.'));
    expect(analysis).toMatchObject({
      ...{ success: false, actionItems: ['book_table did not work: The book is closed.'] },
    });
  });

  test('a model that repeats the ids of its calls does not make a failure of what worked', async () => {
    const bodies = withTool(true, 'Booked.');
    bodies.splice(-1, 0, ...withTool(false, 'No such street.', 'send_taxi').slice(-3, -1));
    expect(await byRules(bodies)).toMatchObject({
      actionItems: ['send_taxi did not work: No such street.'],
      summary: expect.stringContaining('book_table answered: Booked.'),
    });
  });

  test('a schema that the facts do not fill is left empty, with the reason', async () => {
    const { type: _, ...untyped } = schema;
    for (const one of [schema, untyped]) {
      const analysis = await byRules(conversation(), { analysis: { schema: one } });
      expect(analysis?.structured).toBeNull();
      expect(analysis?.structuredProblem).toMatch(/^Rules could not fill the schema \(name: /);
    }
  });
});

describe('by a model', () => {
  test('a good answer is kept with the name of the model and what it cost', async () => {
    const structured = { name: 'Ada', guests: 2 };
    const { analysis, requests } = await analysed([say({ structured })], {
      definition: { analysis: { schema, successCriteria: 'The hours were told.' }, systemPrompt: 'Be kind.' },
    });
    expect(analysis).toMatchObject({
      ...{ status: 'done', analyzedBy: 'mock-model-1', problem: null, structured, structuredProblem: null },
      ...{ summary: answer().summary, success: true, successReason: 'The hours were told.' },
      ...{ sentiment: 'positive', actionItems: ['Send the leaflet.'], disposition: 'completed' },
      ...{ dispositionBy: 'model', promptTokens: 100, completionTokens: 20 },
    });
    expect(requests).toHaveLength(1);
    expect(requests[0]).toMatchObject({ model: 'listed-model', response_format: { type: 'json_object' } });
    const [task, call] = requests[0].messages.map((message: { content: string }) => message.content);
    expect(task).toContain('The hours were told.');
    expect(task).toContain('"guests":{"type":"integer","minimum":1}');
    expect(call).toContain('{"person":"When are you open?"}');
    expect(call).toContain('Be kind.');
  });

  test('broken JSON is shown to the model once, and mended', async () => {
    const { analysis, requests } = await analysed([{ say: 'Sure! Here it is: {"summary": ' }, say()]);
    expect(analysis).toMatchObject({ analyzedBy: 'mock-model-1', promptTokens: 200, completionTokens: 40 });
    expect(requests).toHaveLength(2);
    expect(requests[1].messages.at(-1).content).toContain('not a JSON object');
  });

  test('a fence around the JSON does no harm', async () => {
    const { analysis, requests } = await analysed([
      { say: `\`\`\`json\n${JSON.stringify(answer())}\n\`\`\`` },
    ]);
    expect([analysis.analyzedBy, requests.length]).toEqual(['mock-model-1', 1]);
  });

  test('structured output that breaks the schema is repaired, told exactly where', async () => {
    const { analysis, requests } = await analysed(
      [say({ structured: { name: 'Ada', guests: 0 } }), say({ structured: { name: 'Ada', guests: 3 } })],
      { definition: { analysis: { schema } } },
    );
    expect(analysis.structured).toEqual({ name: 'Ada', guests: 3 });
    expect(requests[1].messages.at(-1).content).toContain('structured.guests');
  });

  test('an answer without the structured part that nobody wants is whole', async () => {
    const { analysis, requests } = await analysed([say({ structured: undefined })], {});
    expect(requests).toHaveLength(1);
    expect(analysis).toMatchObject({ analyzedBy: 'mock-model-1', structured: null, structuredProblem: null });
  });

  test.each([
    ['null', { structured: null }],
    ['a text', { structured: 'Ada' }],
    ['nothing', { structured: undefined }],
    ['an object without what is required', { structured: {} }],
  ])('%s does not fit a schema that says no type', async (_, wrong) => {
    const { type: _type, ...untyped } = schema;
    const right = { structured: { name: 'Ada' } };
    const { analysis, requests } = await analysed([say(wrong), say(right)], {
      definition: { analysis: { schema: untyped } },
    });
    expect(requests[1]?.messages.at(-1).content).toContain('- structured');
    expect(analysis.structured).toEqual({ name: 'Ada' });
  });

  test('structured output that never fits is left out; the rest of the answer is kept', async () => {
    const { analysis } = await analysed([say({ structured: { guests: 0 } })], {
      definition: { analysis: { schema } },
    });
    expect(analysis).toMatchObject({
      analyzedBy: 'mock-model-1',
      structured: null,
      summary: answer().summary,
    });
    expect(analysis.structuredProblem).toMatch(/does not fit the schema.*structured\.name/);
  });

  test('a repair that never comes costs only the structured part', async () => {
    const { analysis } = await analysed([say({ structured: {} }), { status: 400 }], {
      definition: { analysis: { schema } },
    });
    expect(analysis).toMatchObject({ analyzedBy: 'mock-model-1', structured: null });
    expect(analysis.structuredProblem).not.toBeNull();
  });

  test.each<{ what: string; script: Turn[]; problem: RegExp; timeoutMs?: number }>([
    {
      what: 'a refusal',
      script: [{ refuse: 'I cannot help with that.' }],
      problem: /refused: I cannot help/,
    },
    { what: 'an empty answer', script: [{ say: '' }], problem: /answered nothing/ },
    { what: 'a timeout', script: ['hang'], problem: /did not answer within 400 ms/, timeoutMs: 400 },
    {
      what: 'nonsense twice',
      script: [{ say: 'no' }, { say: '{"summary": 1}' }],
      problem: /twice in a form/,
    },
    {
      what: 'a wrong key',
      script: [{ status: 401, message: 'bad key' }],
      problem: /answered 401: bad key\.$/,
    },
    { what: 'a server at fault', script: [{ status: 500 }, { status: 503 }], problem: /answered 503/ },
    { what: 'no chat completion', script: [{ raw: '<html>' }], problem: /no chat completion/ },
    { what: 'a dropped connection', script: ['drop'], problem: /could not be reached/ },
  ])('rules step in for $what, and the row says why', async ({ script, problem, timeoutMs }) => {
    const { analysis } = await analysed(script, timeoutMs === undefined ? {} : { timeoutMs });
    expect(analysis).toMatchObject({ status: 'done', analyzedBy: 'rules' });
    expect(analysis.problem).toMatch(problem);
    expect(analysis.summary).toContain('When are you open?');
  });

  test('a passing fault is tried again', async () => {
    const { analysis, requests } = await analysed([{ status: 429 }, say()]);
    expect([analysis.analyzedBy, requests.length]).toEqual(['mock-model-1', 2]);
  });

  test('what the rules know for certain stays, whatever the model says', async () => {
    const voicemail = await analysed([say({ disposition: 'voicemail' })]);
    expect(voicemail.analysis).toMatchObject({ disposition: 'voicemail', dispositionBy: 'model' });
    const nonsense = await analysed([say({ disposition: 'busy' })]);
    expect(nonsense.analysis).toMatchObject({ disposition: 'completed', dispositionBy: 'rules' });
  });

  test('a run that is done is not paid for twice, and characters that no database takes do no harm', async () => {
    await using t = await testContext();
    await using server = await chatServer([say({ summary: 'A \u0000 and \ud800.' })]);
    t.ports.languageModel = chatCompletions({ OPENAI_BASE_URL: server.url, OPENAI_MODEL: 'mine' });
    const { ctx } = await newPerson(t);
    const callId = await finishedCall(t, ctx);
    await Promise.all([
      analyzeCall(t.system(), { callId, run: 1 }),
      analyzeCall(t.system(), { callId, run: 1 }),
    ]);
    await analyzeCall(t.system(), { callId, run: 1 });
    expect(server.requests.length).toBeLessThanOrEqual(2);
    expect(server.requests[0].model).toBe('mine');
    const { analysis } = await getCall(ctx, { callId });
    expect(analysis).toMatchObject({ run: 1, summary: 'A \ufffd and \ufffd.' });
    expect(await t.db.select().from(callAnalyses)).toHaveLength(1);
  });
});

test('a long call loses its middle, never more than the cap', () => {
  const lines = Array.from({ length: 1_000 }, (_, index) => `line ${index} ${'x'.repeat(90)}`);
  const kept = capped(lines, 9_000);
  expect(kept.join('\n').length).toBeLessThan(9_100);
  expect(kept[0]).toBe(lines[0]);
  expect(kept.at(-1)).toBe(lines.at(-1));
  expect(kept.find((line) => /turns are left out/.test(line))).toBeDefined();
  expect(capped(lines.slice(0, 3))).toEqual(lines.slice(0, 3));
});

test('without a key and a server there is no model', () => {
  expect(chatCompletions({})).toBeNull();
});
