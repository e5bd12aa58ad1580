import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chatCompletions } from '../../../adapters/chat-completions.ts';
import { analyzeCall } from '../../../core/analyses/index.ts';
import { finalizeCall, recordEvents, startInboundCall } from '../../../core/calls/index.ts';
import { newId } from '../../../platform/ids.ts';
import { conversation, eventsOf } from '../../factories/events.ts';
import { newAgent, newLine } from '../../factories/lines.ts';
import { type TestApp, testApp } from '../../harness/app.ts';
import { chatServer } from '../../harness/chat-server.ts';
import { type Caller, signUp } from './crew.ts';

let app: TestApp;
let ada: Caller;
beforeAll(async () => {
  app = await testApp();
  ada = await signUp(app);
});
afterAll(() => app[Symbol.asyncDispose]());

const send = (method: string, path: string) => app.call(method, path, { headers: ada.headers });

async function call({ finished }: { finished: boolean }): Promise<string> {
  const agent = await newAgent(ada.ctx, {
    definition: { analysis: { schema: { type: 'object', properties: { topic: { type: 'string' } } } } },
  });
  const line = await newLine(app.t, ada.ctx, agent.id);
  const { callId } = await startInboundCall(app.t.system(), { phoneNumberId: line.id, roomName: newId() });
  if (!finished) return callId;
  await recordEvents(app.t.system(), { events: eventsOf(callId, conversation()) });
  await finalizeCall(app.t.system(), { callId });
  return callId;
}

describe('the analysis of a call over the wire', () => {
  it('stands with the call: under way, by rules, then again by a model', async () => {
    const id = await call({ finished: true });
    expect((await send('GET', `/calls/${id}`)).body.analysis).toMatchObject({ run: 1, status: 'pending' });
    await analyzeCall(app.t.system(), { callId: id, run: 1 });
    expect((await send('GET', `/calls/${id}`)).body.analysis).toMatchObject({
      ...{ run: 1, status: 'done', analyzed_by: 'rules', problem: expect.stringContaining('OPENAI_API_KEY') },
    });
    const again = await send('POST', `/calls/${id}/analyze`);
    expect([again.status, again.body]).toEqual([202, { call_id: id, run: 2, status: 'pending' }]);
    await using server = await chatServer([
      {
        say: JSON.stringify({
          ...{ summary: 'Hours.', disposition: null, success: { met: null, reason: '' } },
          ...{ sentiment: 'neutral', action_items: [], structured: { topic: 'hours' } },
        }),
      },
    ]);
    app.t.ports.languageModel = chatCompletions({ OPENAI_BASE_URL: server.url });
    await analyzeCall(app.t.system(), { callId: id, run: 2 });
    expect((await send('GET', `/calls/${id}`)).body.analysis).toMatchObject({
      ...{ run: 2, analyzed_by: 'mock-model-1', structured: { topic: 'hours' }, success: null },
      ...{ disposition: 'completed', disposition_by: 'rules', problem: null },
    });
  });

  it('is null for a call that is not over, which cannot be analysed either', async () => {
    const id = await call({ finished: false });
    expect((await send('GET', `/calls/${id}`)).body.analysis).toBeNull();
    expect((await send('POST', `/calls/${id}/analyze`)).status).toBe(409);
    expect((await send('POST', `/calls/${newId()}/analyze`)).status).toBe(404);
  });
});
