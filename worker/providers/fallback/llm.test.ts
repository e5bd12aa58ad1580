import { APIConnectionError, initializeLogger, llm } from '@livekit/agents';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Chain } from './chain.ts';
import { FallbackLlm } from './llm.ts';

initializeLogger({ pretty: false, level: 'silent' });

/**
 * What a model does with one request: says words, waits so many ms, breaks, or writes on a call of a function, and
 * hands it out.
 */
type Script = readonly (string | number | Error | typeof writes | typeof calls)[];
const writes = Symbol('writes');
const calls = Symbol('calls');

class FakeLlm extends llm.LLM {
  readonly #script: Script;
  readonly #onClose: () => void;
  readonly #onWriting: () => void;

  constructor(script: Script, onClose: () => void, onWriting: () => void) {
    super();
    this.#script = script;
    this.#onClose = onClose;
    this.#onWriting = onWriting;
  }

  override label(): string {
    return 'fake';
  }

  override chat(request: Parameters<llm.LLM['chat']>[0]): llm.LLMStream {
    return new FakeStream(this, request, this.#script, this.#onClose, this.#onWriting);
  }
}

class FakeStream extends llm.LLMStream {
  readonly #script: Script;
  readonly #onWriting: () => void;

  constructor(
    owner: llm.LLM,
    { chatCtx, connOptions }: Parameters<llm.LLM['chat']>[0],
    script: Script,
    onClose: () => void,
    onWriting: () => void,
  ) {
    super(owner, {
      chatCtx,
      connOptions: connOptions ?? { maxRetry: 0, retryIntervalMs: 0, timeoutMs: 1_000 },
    });
    this.#script = script;
    this.#onWriting = onWriting;
    this.abortController.signal.addEventListener('abort', onClose, { once: true });
  }

  protected override async run(): Promise<void> {
    for (const step of this.#script) {
      if (typeof step === 'number') await new Promise((resolve) => setTimeout(resolve, step));
      else if (step instanceof Error)
        throw new APIConnectionError({ message: step.message, options: { retryable: false } });
      else if (step === writes) this.#onWriting();
      else if (step === calls) {
        const toolCalls = [llm.FunctionCall.create({ callId: 'c', name: 'book', args: '{}' })];
        if (!this.queue.closed) this.queue.put({ id: 'x', delta: { role: 'assistant', toolCalls } });
      } else if (!this.queue.closed) this.queue.put({ id: 'x', delta: { role: 'assistant', content: step } });
    }
  }
}

/** Providers by name, each with what it does with its first, second … request. */
function modelsOf(scripts: Record<string, readonly Script[]>, mayBeSilent = () => false) {
  const hooks = { onFault: vi.fn(), onSwitch: vi.fn(), onExhausted: vi.fn() };
  const asked: string[] = [];
  const closed: string[] = [];
  const members = Object.entries(scripts).map(([provider, requests]) => {
    // One plugin is made for its name only.
    let made = provider === Object.keys(scripts)[0] ? -1 : 0;
    return {
      provider,
      label: `${provider}/model`,
      make: (onWriting: () => void = () => undefined) => {
        const script = requests[Math.min(made, requests.length - 1)] ?? [];
        if (made++ >= 0) asked.push(provider);
        return new FakeLlm(script, () => closed.push(provider), onWriting);
      },
    };
  });
  const [first, ...others] = members;
  if (!first) throw new Error('no models');
  const model = new FallbackLlm(new Chain<llm.LLM>('llm', [first, ...others], hooks), {
    restartText: 'Once more:',
    mayBeSilent,
  });
  model.on('error', () => undefined);
  const reply = async (advanceMs = 20_000) => {
    const stream = model.chat({ chatCtx: llm.ChatContext.empty() });
    const collected = stream.collect();
    await vi.advanceTimersByTimeAsync(advanceMs);
    const { text, toolCalls } = await collected;
    called = toolCalls.map(({ name }) => name);
    return text;
  };
  let called: readonly string[] = [];
  return { reply, hooks, asked, closed, called: () => called };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const forever = 100_000;

test('a model that answers is passed on, and nobody else is asked', async () => {
  const { reply, hooks, asked } = modelsOf({ a: [['We are ', 'open.']], b: [['no']] });
  expect(await reply()).toBe('We are open.');
  expect(asked).toEqual(['a']);
  expect(hooks.onFault).not.toHaveBeenCalled();
});

test('one that is silent is overtaken; one that answers after all is still believed', async () => {
  const silent = modelsOf({ a: [[forever]], b: [['From b.']] });
  expect(await silent.reply()).toBe('From b.');
  expect(silent.closed).toContain('a');
  expect(silent.hooks.onSwitch).toHaveBeenCalledOnce();
  const slow = modelsOf({ a: [[2_000, 'From a.']], b: [[5_000, 'From b.']] });
  expect(await slow.reply()).toBe('From a.');
  expect(slow.asked).toEqual(['a', 'b']);
  expect(slow.hooks.onSwitch).not.toHaveBeenCalled();
});

test('the one that took over is asked first from then on', async () => {
  const { reply, asked } = modelsOf({ a: [[new Error('503 busy')]], b: [['One.'], ['Two.']] });
  expect([await reply(), await reply()]).toEqual(['One.', 'Two.']);
  expect(asked).toEqual(['a', 'b', 'b']);
});

test('a reply that breaks off goes on where it stopped, or begins again with an excuse', async () => {
  const same = modelsOf({
    a: [
      ['We are ', new Error('reset')],
      ['We are ', 'open today.'],
    ],
  });
  expect(await same.reply()).toBe('We are open today.');
  const other = modelsOf({ a: [['We are ', forever]], b: [['Our hours are long.']] });
  expect(await other.reply()).toBe('We are  Once more: Our hours are long.');
});

test('a function whose arguments take long to write is waited for, with words before it or without', async () => {
  const written = Array.from({ length: 8 }, () => [1_500, writes] as const).flat();
  for (const words of [['Let me book that.'], []]) {
    const { reply, hooks, asked, called } = modelsOf({
      a: [[...words, writes, ...written, calls]],
      b: [['No.']],
    });
    expect(await reply()).toBe(words.join(''));
    expect(called()).toEqual(['book']);
    expect(asked).toEqual(['a']);
    expect(hooks.onFault).not.toHaveBeenCalled();
  }
});

test('one that stops writing them is asked no more; when nobody ends a reply, that is told', async () => {
  const other = modelsOf({ a: [['Let me ', writes, 1_500, writes, forever]], b: [['I cannot.']] });
  expect(await other.reply()).toBe('Let me  Once more: I cannot.');
  const alone = modelsOf({ a: [['Let me ', forever]] });
  await alone.reply();
  expect(alone.asked).toHaveLength(5);
  expect(alone.hooks.onExhausted).toHaveBeenCalledOnce();
});

test('alone it is asked again and again, and then given up without a word', async () => {
  const { reply, hooks, asked } = modelsOf({ a: [[new Error('503 busy')]] });
  expect(await reply()).toBe('');
  expect(asked).toHaveLength(5);
  expect(hooks.onExhausted).toHaveBeenCalledExactlyOnceWith(
    'llm',
    expect.objectContaining({ message: '503 busy' }),
  );
});

test('whoever refuses the key is not asked again', async () => {
  const { reply, hooks, asked } = modelsOf({ a: [[new Error('401 no such key')]] });
  expect(await reply()).toBe('');
  expect(asked).toEqual(['a']);
  expect(hooks.onExhausted).toHaveBeenCalledWith('llm', expect.objectContaining({ refused: true }));
});

test('a model that says nothing has failed, unless it may: then nobody else is asked', async () => {
  const failed = modelsOf({ a: [[]], b: [['From b.']] });
  expect([await failed.reply(), failed.hooks.onFault.mock.calls.length]).toEqual(['From b.', 1]);
  const silent = modelsOf({ a: [[]], b: [['From b.']] }, () => true);
  expect(await silent.reply()).toBe('');
  expect(silent.asked).toEqual(['a']);
  const broken = modelsOf({ a: [[new Error('503 busy')]], b: [['From b.']] }, () => true);
  expect(await broken.reply()).toBe('From b.');
  for (const { hooks } of [silent, broken]) expect(hooks.onExhausted).not.toHaveBeenCalled();
});
