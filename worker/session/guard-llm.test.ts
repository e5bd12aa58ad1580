import { ReadableStream } from 'node:stream/web';
import { expect, test, vi } from 'vitest';
import { defaultStallMs, guardLlm } from './guard-llm.ts';

const flush = Symbol('flush');
const hooks = () => ({
  fillerText: 'One moment.',
  apologyText: () => 'Sorry.',
  onStall: vi.fn(),
  onAnswer: vi.fn(),
});

async function all<T>(stream: ReadableStream<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

test('a model that answers is passed on as it is', async () => {
  const spies = hooks();
  const words = [{ delta: { role: 'assistant' } }, { delta: { content: 'Hello' } }, { usage: {} }];
  expect(await all(guardLlm(ReadableStream.from(words), spies, flush))).toEqual(words);
  expect(spies.onAnswer).toHaveBeenCalledOnce();
  expect(spies.onStall).not.toHaveBeenCalled();
});

test('a tool call is an answer', async () => {
  const call = [{ delta: { toolCalls: [{}] } }];
  expect(await all(guardLlm(ReadableStream.from(call), hooks(), flush))).toEqual(call);
});

test('a model that ends without a word is apologised for', async () => {
  expect(await all(guardLlm(ReadableStream.from([{ usage: {} }]), hooks(), flush))).toEqual([
    { usage: {} },
    'Sorry.',
  ]);
});

test('a model that stalls is filled for and then given up', async () => {
  vi.useFakeTimers();
  try {
    const spies = hooks();
    const stalled = new ReadableStream<never>();
    const result = all(guardLlm(stalled, spies, flush));
    await vi.advanceTimersByTimeAsync(defaultStallMs + 100);
    expect(await result).toEqual(['One moment. ', flush, 'Sorry.']);
    expect(spies.onStall).toHaveBeenCalledOnce();
  } finally {
    vi.useRealTimers();
  }
});

test('where people talk with each other a model may say nothing; one that fails or stalls is apologised for', async () => {
  const silent = { ...hooks(), mayBeSilent: () => true };
  expect(await all(guardLlm(ReadableStream.from([{ usage: {} }]), silent, flush))).toEqual([{ usage: {} }]);
  expect(await all(guardLlm(ReadableStream.from([]), silent, flush))).toEqual(['Sorry.']);
  vi.useFakeTimers();
  try {
    const stalled = all(guardLlm(new ReadableStream<never>(), silent, flush));
    await vi.advanceTimersByTimeAsync(defaultStallMs + 100);
    expect(await stalled).toEqual(['Sorry.']);
  } finally {
    vi.useRealTimers();
  }
});
