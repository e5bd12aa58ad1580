import { expect, test, vi } from 'vitest';
import { readEnv } from '../../platform/config.ts';
import { serve } from '../../test/harness/serve.ts';
import { resolveEndpoint } from './llm.ts';

async function serverWith(models: string[]): Promise<string> {
  const host = await serve((_request, response) => {
    response.end(JSON.stringify({ data: models.map((id) => ({ id })) }));
  });
  return `http://${host}/v1`;
}

const resolve = async (env: Record<string, string>, model: string) => {
  const warn = vi.fn();
  const endpoint = await resolveEndpoint(readEnv({ SPEECH_URL: 'http://gateway', ...env }), model, warn);
  return { ...endpoint, warnings: warn.mock.calls.length };
};

test('without a key the gateway answers, with the named script or the assistant', async () => {
  expect(await resolve({}, 'default')).toMatchObject({
    baseUrl: 'http://gateway/v1',
    model: 'scripted/assistant',
    warnings: 0,
  });
  expect(await resolve({}, 'scripted/receptionist')).toMatchObject({
    model: 'scripted/receptionist',
    warnings: 0,
  });
  expect(await resolve({}, 'gpt-4o')).toMatchObject({ model: 'scripted/assistant', warnings: 1 });
});

test('with a key scripted agents get a real model', async () => {
  expect(await resolve({ OPENAI_API_KEY: 'k' }, 'scripted/x')).toMatchObject({ model: 'gpt-4.1-mini' });
  expect(await resolve({ OPENAI_API_KEY: 'k', OPENAI_MODEL: 'gpt-5' }, 'default')).toMatchObject({
    model: 'gpt-5',
  });
  expect(await resolve({ OPENAI_API_KEY: 'k' }, 'gpt-4o')).toMatchObject({ model: 'gpt-4o', warnings: 0 });
});

test('at another server the first listed model stands in for one it does not have', async () => {
  const url = await serverWith(['llama3.1', 'qwen']);
  expect(await resolve({ OPENAI_BASE_URL: url }, 'default')).toMatchObject({
    baseUrl: url,
    model: 'llama3.1',
  });
  expect(await resolve({ OPENAI_BASE_URL: url }, 'qwen')).toMatchObject({ model: 'qwen', warnings: 0 });
  expect(await resolve({ OPENAI_BASE_URL: url }, 'gpt-4o')).toMatchObject({ model: 'llama3.1', warnings: 1 });
});
