import { initializeLogger, llm } from '@livekit/agents';
import { expect, test, vi } from 'vitest';
import { serve } from '../../test/harness/serve.ts';
import { openAiLlm } from './openai-llm.ts';

initializeLogger({ pretty: false, level: 'silent' });

const piece = (delta: object, finish: string | null = null) =>
  `data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
const argumentsOf = (text: string) => piece({ tool_calls: [{ index: 0, function: { arguments: text } }] });

test('every piece of the arguments of a function is told, the function is handed out whole', async () => {
  const host = await serve((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(piece({ role: 'assistant', content: 'Let me see.' }));
    response.write(
      piece({
        tool_calls: [{ index: 0, id: 'c1', type: 'function', function: { name: 'book', arguments: '' } }],
      }),
    );
    response.write(argumentsOf('{"day":'));
    response.write(argumentsOf('"Monday"}'));
    response.end(`${piece({}, 'tool_calls')}data: [DONE]\n\n`);
  });
  const onWriting = vi.fn();
  const model = openAiLlm({ model: 'm', apiKey: 'k', baseURL: `http://${host}/v1` }, onWriting);
  const { text, toolCalls } = await model.chat({ chatCtx: llm.ChatContext.empty() }).collect();
  expect(text).toBe('Let me see.');
  expect(toolCalls).toMatchObject([{ callId: 'c1', name: 'book', args: '{"day":"Monday"}' }]);
  expect(onWriting).toHaveBeenCalledTimes(3);
});
