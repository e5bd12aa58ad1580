import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { initializeLogger, llm } from '@livekit/agents';
import { expect, onTestFinished, test } from 'vitest';
import { webhookBrain } from '../../core/agents/definition.ts';
import { webhookMember } from './webhook-llm.ts';

initializeLogger({ pretty: false, level: 'silent' });

const asked: { messages: unknown[] }[] = [];

async function webhook(): Promise<llm.LLM> {
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const part of request) text += part;
    asked.push(JSON.parse(text));
    response.end('data: {"choices":[{"delta":{"content":"At nine."}}]}\n\ndata: [DONE]\n\n');
  });
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const brain = webhookBrain.parse({ kind: 'webhook', url: `http://${host}/` });
  return webhookMember(brain, { headers: {}, allowHosts: [host], credential: async () => null }).make();
}

test('a webhook reads what its own function calls came to, and answers', async () => {
  const chatCtx = new llm.ChatContext();
  chatCtx.addMessage({ role: 'user', content: 'When do you open?' });
  const name = 'opening_hours';
  chatCtx.items.push(
    llm.FunctionCall.create({ callId: 'a', name, args: '{"day":"Monday"}' }),
    llm.FunctionCallOutput.create({ callId: 'a', name, output: 'at nine', isError: false }),
  );
  let said = '';
  for await (const { delta } of (await webhook()).chat({ chatCtx })) said += delta?.content ?? '';
  expect(said).toBe('At nine.');
  expect(asked[0]?.messages).toMatchObject([
    { role: 'user', content: 'When do you open?' },
    { role: 'assistant', tool_calls: [{ id: 'a', function: { name, arguments: '{"day":"Monday"}' } }] },
    { role: 'tool', tool_call_id: 'a', content: 'at nine' },
  ]);
});
