import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dispose } from '@livekit/rtc-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Rig } from './rig/rig.ts';

let rig: Rig;
let controlPlane: Server;
const asked: { path: string | undefined; question: string; agentId: string }[] = [];
const words = 'The pool is open until ten in the evening.';

beforeAll(async () => {
  controlPlane = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    asked.push({ path: request.url, ...JSON.parse(body) });
    const passage = { file: 'pool.txt', heading: '', page: null, passage: words, position: 0, score: 1 };
    response.end(JSON.stringify({ passages: [passage] }));
  });
  await new Promise<void>((resolve) => controlPlane.listen(0, '127.0.0.1', resolve));
  const { port } = controlPlane.address() as AddressInfo;
  rig = await Rig.start({ CONTROL_PLANE_URL: `http://127.0.0.1:${port}` });
});
afterAll(async () => {
  await rig?.[Symbol.asyncDispose]();
  controlPlane?.close();
  await dispose();
});

/** A call with one question; what the model was given for its answer. */
async function oneQuestion(plan: ReturnType<Rig['plan']>) {
  const before = rig.providers.chats.length;
  const caller = await rig.call(plan);
  await caller.hears(0);
  await caller.silence();
  const at = await caller.ask();
  await caller.hears(at - 200);
  await caller.leave();
  await rig.event(plan, 'ended');
  return rig.providers.chats.slice(before);
}

test('a caller’s question reaches the model together with what the agent’s files say about it', async () => {
  const plan = rig.plan({}, { knowledge: true });
  const chats = await oneQuestion(plan);
  const answered = chats.at(-1);
  const [prompt, greeting, known, question] = answered?.messages ?? [];
  expect([prompt?.role, greeting?.role, question?.role]).toEqual(['system', 'assistant', 'user']);
  expect(known).toMatchObject({ role: 'system', content: expect.stringContaining(words) });
  expect(question?.content).toBe(rig.providers.transcript);
  expect(asked).toContainEqual(
    expect.objectContaining({
      path: '/internal/knowledge/query',
      question: rig.providers.transcript,
      agentId: plan.agent.id,
    }),
  );
});

test('an agent without files asks nobody', async () => {
  const before = asked.length;
  const chats = await oneQuestion(rig.plan());
  expect(JSON.stringify(chats)).not.toContain(words);
  expect(asked).toHaveLength(before);
});
