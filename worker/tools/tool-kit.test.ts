import { EventEmitter } from 'node:events';
import { llm, voice } from '@livekit/agents';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { CallEventBody } from '../../core/calls/events.ts';
import { maxCallsAtOnce, type Tool, ToolError } from '../../core/tools/tool.ts';
import { createLogger } from '../../platform/log.ts';
import { sharedTool, type ToolKit } from './tool-kit.ts';
import { ToolUses } from './tool-uses.ts';
import { reportUnknownCalls } from './unknown-calls.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function rig(tool: Partial<Tool> = {}) {
  const events: CallEventBody[] = [];
  const said: string[] = [];
  const speechHandle = { interrupted: false, allowInterruptions: true, numSteps: 1 };
  const kit = {
    events: { emit: (event: CallEventBody) => void events.push(event) },
    log: createLogger('test', { level: 'silent' }),
    say: (text: string) => void said.push(text),
    uses: new ToolUses(),
  } as unknown as ToolKit;
  const made = sharedTool(kit, {
    ...{ name: 'look', description: '', parameters: {} },
    run: async () => ({ result: 'found' }),
    ...tool,
  });
  const abort = new AbortController();
  let number = 0;
  return {
    ...{ events, said, speechHandle, abort, uses: kit.uses },
    use: () =>
      made.execute({ item: 'rope' }, {
        ctx: { speechHandle },
        toolCallId: `use-${++number}`,
        abortSignal: abort.signal,
      } as unknown as llm.ToolOptions),
  };
}

const after = <T>(ms: number, value: T) => new Promise<T>((resolve) => setTimeout(() => resolve(value), ms));

test('a use is reported with its arguments, result, status and time', async () => {
  const { use, events } = rig({ run: () => after(40, { result: { left: 3 }, status: 200, attempts: 2 }) });
  const used = use();
  await vi.advanceTimersByTimeAsync(40);
  expect(await used).toEqual({ left: 3 });
  expect(events).toEqual([
    { type: 'tool.called', toolCallId: 'use-1', name: 'look', arguments: { item: 'rope' } },
    {
      ...{ type: 'tool.returned', toolCallId: 'use-1', name: 'look', ok: true, result: { left: 3 } },
      ...{ durationMs: 40, status: 200, attempts: 2 },
    },
  ]);
});

test('a failure is told to the model in its words; a fault of ours in neutral ones', async () => {
  const refused = rig({
    run: async () => {
      throw new ToolError('No rope.', { status: 404 });
    },
  });
  await expect(refused.use()).rejects.toThrow(new llm.ToolError('No rope.'));
  expect(refused.events.at(-1)).toMatchObject({ ok: false, result: 'No rope.', status: 404 });
  const broken = rig({
    run: async () => {
      throw new Error('ECONNRESET at 10.0.0.7');
    },
  });
  await expect(broken.use()).rejects.toThrow('This did not work. Tell the caller and go on.');
  expect(JSON.stringify(broken.events)).not.toContain('10.0.0.7');
});

test('only a slow function is talked over, with another text each time', async () => {
  const waiting = { texts: ['One moment.', 'Let me see.'], afterMs: 600 };
  const quick = rig({ waiting, run: () => after(500, { result: 1 }) });
  void quick.use();
  await vi.advanceTimersByTimeAsync(2_000);
  expect(quick.said).toEqual([]);
  const slow = rig({ waiting, run: () => after(700, { result: 1 }) });
  for (let n = 0; n < 3; n++) {
    void slow.use();
    await vi.advanceTimersByTimeAsync(1_000);
  }
  expect(new Set(slow.said)).toEqual(new Set(waiting.texts));
  expect(slow.said).toHaveLength(3);
});

test('what must not be left half done cannot be interrupted, and everything afterwards can', async () => {
  let given: AbortSignal | undefined;
  const { use, speechHandle, abort } = rig({
    interruptible: false,
    run: (_args, { signal }) => {
      given = signal;
      return after(100, { result: 1 });
    },
  });
  const used = use();
  expect(speechHandle.allowInterruptions).toBe(false);
  abort.abort();
  await vi.advanceTimersByTimeAsync(100);
  expect(await used).toBe(1);
  expect(given).toBeUndefined();
  expect(speechHandle.allowInterruptions).toBe(true);
});

test('a function that may be interrupted is told when the caller talks on', async () => {
  let given: AbortSignal | undefined;
  const { use, speechHandle, abort } = rig({
    run: (_args, { signal }) => {
      given = signal;
      return after(100, { result: 1 });
    },
  });
  void use();
  expect(speechHandle.allowInterruptions).toBe(true);
  abort.abort();
  expect(given?.aborted).toBe(true);
});

test('no more functions are called at once than a model in its senses would', async () => {
  const { use, events, speechHandle } = rig();
  const uses = Array.from({ length: maxCallsAtOnce + 1 }, use);
  const settled = await Promise.allSettled(uses);
  expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(maxCallsAtOnce);
  expect(settled.at(-1)).toMatchObject({
    reason: new llm.ToolError('Not done: at most 16 functions can be called at once.'),
  });
  expect(events.filter(({ type }) => type === 'tool.called')).toHaveLength(maxCallsAtOnce);
  speechHandle.numSteps++;
  expect(await use()).toBe('found');
});

test('somebody waits for a function until it has returned or failed', async () => {
  for (const run of [
    async () => after(5_000, { result: 1 }),
    async () => Promise.reject(new ToolError('no')),
  ]) {
    const { use, uses } = rig({ run });
    const done = Promise.resolve(use()).catch(() => undefined);
    expect(uses.running).toBe(true);
    await vi.advanceTimersByTimeAsync(5_000);
    await done;
    expect([uses.running, uses.take('use-1'), uses.take('use-2')]).toEqual([false, true, false]);
  }
});

test('what nobody carries out is reported, though the model gives it the id of what was', async () => {
  const uses = new ToolUses();
  const events: CallEventBody[] = [];
  const session = new EventEmitter();
  reportUnknownCalls(session as unknown as voice.AgentSession, {
    uses,
    events: { emit: (event: CallEventBody) => void events.push(event) } as unknown as ToolKit['events'],
  });
  const step = (name: string) =>
    session.emit(voice.AgentSessionEventTypes.FunctionToolsExecuted, {
      functionCalls: [{ callId: 'call_0', name, args: '{}' }],
      functionCallOutputs: [],
    });
  for (const name of ['look', 'look']) {
    uses.begin('call_0');
    uses.end();
    step(name);
  }
  step('teleport');
  expect(events).toMatchObject([
    { type: 'tool.called', name: 'teleport' },
    { type: 'tool.returned', name: 'teleport', ok: false },
  ]);
  uses.begin('call_0');
  uses.end();
  session.emit(voice.AgentSessionEventTypes.FunctionToolsExecuted, {
    functionCalls: ['look', 'teleport'].map((name) => ({ callId: 'call_0', name, args: '{}' })),
    functionCallOutputs: ['found', 'unknown'].map((output) => ({ callId: 'call_0', output })),
  });
  expect(events.at(-1)).toMatchObject({ name: 'teleport', ok: false, result: 'unknown' });
});
