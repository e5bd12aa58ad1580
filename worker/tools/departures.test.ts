import { initializeLogger, type llm, voice } from '@livekit/agents';
import { beforeAll, expect, test, vi } from 'vitest';
import { createLogger } from '../../platform/log.ts';
import { type Departure, Departures } from '../session/departures.ts';
import { endCallTool } from './end-call.ts';
import { handOffTool } from './hand-off.ts';
import type { ToolKit } from './tool-kit.ts';
import { ToolUses } from './tool-uses.ts';
import { transferCallTool } from './transfer-call.ts';

beforeAll(() => initializeLogger({ pretty: false, level: 'silent' }));

const id = '0198f3c0-0000-7000-8000-000000000001';
const desk = { name: 'Desk', number: '+14155550101', mode: 'conference', description: '' } as const;
const billing = { name: 'Billing', agentId: id, description: '' };
const calls = {
  transfer: { name: 'transfer_call', args: { target: 'Desk' } },
  hand_off: { name: 'hand_off', args: { to: 'Billing' } },
  hang_up: { name: 'end_call', args: {} },
} as const;

/** A session whose model calls these functions in one step, and what each of them brought. */
async function inOneStep(...kinds: readonly (keyof typeof calls)[]) {
  const departures = new Departures();
  const done: Departure[] = [];
  const results: { name: string; ok: boolean; result: unknown }[] = [];
  const next = new voice.Agent({ instructions: 'You do the billing.' });
  const pause = () => new Promise((resolve) => setTimeout(resolve, 50));
  const kit = {
    plan: { epoch: 1 },
    events: {
      emit: ({ type, ...event }: { type: string } & (typeof results)[number]) =>
        type === 'tool.returned' && results.push(event),
    },
    log: createLogger('test', { level: 'silent' }),
    uses: new ToolUses(),
    depart: (kind: Departure) => departures.begin(kind),
    transfer: async () => {
      done.push('transfer');
      await pause();
      return { ok: true, stays: true, name: 'Desk' };
    },
    handOff: async () => {
      done.push('hand_off');
      await pause();
      return next;
    },
    hangUpAfter: () => {
      const begun = departures.begin('hang_up');
      if (typeof begun === 'string') return begun;
      done.push('hang_up');
      return undefined;
    },
  } as unknown as ToolKit;
  const session = new voice.AgentSession({
    llm: new voice.testing.FakeLLM([
      { input: 'Go.', content: '', toolCalls: kinds.map((kind) => calls[kind]) },
      { input: '', type: 'llm', content: 'Well.' },
    ]),
    vad: null,
    turnHandling: { turnDetection: null },
  });
  session.on(voice.AgentSessionEventTypes.Error, () => undefined);
  const tools: llm.FunctionTool[] = [
    transferCallTool(kit, [desk]),
    handOffTool(kit, [billing]),
    endCallTool(kit),
  ];
  await session.start({ agent: new voice.Agent({ instructions: 'Be brief.', tools }), record: false });
  await session.run({ userInput: 'Go.' }).wait();
  const { current } = departures;
  const isHandedOver = session.currentAgent === next;
  await session.close();
  return { done, results, current, isHandedOver };
}

test.each([
  ['transfer', 'hand_off', 'A transfer is under way.'],
  ['transfer', 'transfer', 'A transfer is under way.'],
  ['transfer', 'hang_up', 'A transfer is under way.'],
  ['hand_off', 'transfer', 'Another agent is taking the call over.'],
  ['hand_off', 'hang_up', 'Another agent is taking the call over.'],
  ['hang_up', 'transfer', 'The agent is hanging up.'],
  ['hang_up', 'hand_off', 'The agent is hanging up.'],
] as const)(
  'of %s and %s in one step the first is done, and the model is told why not the second',
  async (first, second, why) => {
    const { done, results, current, isHandedOver } = await inOneStep(first, second);
    expect(done).toEqual([first]);
    const refused = results.filter(({ ok }) => !ok);
    expect(refused).toEqual([expect.objectContaining({ name: calls[second].name })]);
    expect(refused[0]?.result).toBe(`Not done: ${why} Only one of them at a time.`);
    expect(isHandedOver).toBe(first === 'hand_off');
    expect(current).toBe(first === 'hang_up' ? 'hang_up' : undefined);
  },
);

test('what has failed is in nobody’s way', async () => {
  const departures = new Departures();
  const speechHandle = { interrupted: false, allowInterruptions: true, addDoneCallback: vi.fn() };
  const kit = {
    plan: { epoch: 1 },
    events: { emit: () => undefined },
    log: createLogger('test', { level: 'silent' }),
    uses: new ToolUses(),
    depart: (kind: Departure) => departures.begin(kind),
    transfer: async () => ({ ok: false, reason: 'Nobody answered.' }),
    handOff: async () => Promise.reject(new Error('no')),
  } as unknown as ToolKit;
  const options = {
    ctx: { speechHandle, waitForPlayout: async () => undefined },
    toolCallId: 'one',
  } as unknown as llm.ToolOptions;
  for (const use of [
    () => transferCallTool(kit, [desk]).execute({ target: 'Desk' }, options),
    () => handOffTool(kit, [billing]).execute({ to: 'Billing' }, options),
  ]) {
    await expect(use()).rejects.toThrow();
    expect(departures.current).toBeUndefined();
  }
});
