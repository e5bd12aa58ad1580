import { expect, it } from 'vitest';
import { findOllama } from '../../cli/ollama.ts';
import { serve } from '../harness/serve.ts';

/** An Ollama with these models, as its `GET /api/tags` answers. */
const ollama = async (...models: string[]): Promise<string> => {
  const host = await serve((request, response) => {
    response.statusCode = request.url === '/api/tags' ? 200 : 404;
    response.end(JSON.stringify({ models: models.map((name) => ({ name, model: name })) }));
  });
  return `http://${host}`;
};

it('an Ollama that runs here is the language model when it has a model', async () => {
  const full = await ollama('llama3.2:latest');
  expect(await findOllama(full)).toBe(`${full}/v1`);
  expect(await findOllama(await ollama())).toBeUndefined();
});

it('something else on its port, or nobody, is no Ollama', async () => {
  const other = await serve((_request, response) => response.end('<html></html>'));
  expect(await findOllama(`http://${other}`)).toBeUndefined();
  expect(await findOllama('http://127.0.0.1:1')).toBeUndefined();
});
