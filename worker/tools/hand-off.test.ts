import { initializeLogger, llm, voice } from '@livekit/agents';
import { beforeAll, expect, test, vi } from 'vitest';
import { createLogger } from '../../platform/log.ts';
import { type Departure, Departures } from '../session/departures.ts';
import { HandOffRefused } from '../session/hand-off.ts';
import { handOffTool } from './hand-off.ts';
import type { ToolKit } from './tool-kit.ts';
import { ToolUses } from './tool-uses.ts';

beforeAll(() => initializeLogger({ pretty: false, level: 'silent' }));

const targets = [
  { name: 'Bookings', agentId: '0198f3c0-0000-7000-8000-000000000001', description: 'Books rooms' },
  { name: 'Billing', agentId: '0198f3c0-0000-7000-8000-000000000002', description: '' },
];

/** A session whose model calls `hand_off` with these arguments, and what became of it. */
async function talk(args: Record<string, unknown>, handOff: ToolKit['handOff']) {
  const emitted: { type: string; result?: unknown }[] = [];
  const departures = new Departures();
  const kit = {
    events: { emit: (event: { type: string }) => emitted.push(event) },
    log: createLogger('test', { level: 'silent' }),
    uses: new ToolUses(),
    depart: (kind: Departure) => departures.begin(kind),
    handOff,
  } as unknown as ToolKit;
  const session = new voice.AgentSession({
    llm: new voice.testing.FakeLLM([
      { input: 'The bill, please.', content: '', toolCalls: [{ name: 'hand_off', args }] },
      { input: 'Could not', type: 'llm', content: 'Then I will do it.' },
    ]),
    vad: null,
    turnHandling: { turnDetection: null },
  });
  session.on(voice.AgentSessionEventTypes.Error, () => undefined);
  const agent = new voice.Agent({ instructions: 'Be brief.', tools: [handOffTool(kit, targets)] });
  await session.start({ agent, record: false });
  const run = session.run({ userInput: 'The bill, please.' });
  await run.wait();
  const current = session.currentAgent;
  const returned = emitted.find(({ type }) => type === 'tool.returned');
  await session.close();
  return { first: agent, current, returned };
}

test('another agent goes on, and speaks first', async () => {
  let entered = false;
  class Next extends voice.Agent {
    override async onEnter(): Promise<void> {
      entered = true;
    }
  }
  const asked: string[] = [];
  const next = new Next({ instructions: 'You do the billing.' });
  const { current, returned } = await talk({ to: 'billing' }, async (agentId) => {
    asked.push(agentId);
    return next;
  });
  expect(asked).toEqual([targets[1]?.agentId]);
  expect(current).toBe(next);
  expect(entered).toBe(true);
  expect(returned).toMatchObject({ ok: true, result: 'handed over' });
});

test('an agent that cannot hand over is told why, and stays', async () => {
  const { first, current, returned } = await talk({ to: 'Bookings' }, async () => {
    throw new HandOffRefused('There is no such agent in this workspace.');
  });
  expect(current).toBe(first);
  expect(returned).toMatchObject({ ok: false, result: expect.stringContaining('no such agent') });
});

test('somebody whom the model has made up is nobody', async () => {
  const { current, first, returned } = await talk({ to: 'the moon' }, async () => {
    throw new llm.ToolError('not asked');
  });
  expect(current).toBe(first);
  expect(returned).toMatchObject({ ok: false, result: expect.stringContaining('Bookings, Billing') });
});

/** A hand-off in the middle of a speech that can be cut. */
async function handOffFrom(
  speechHandle: { interrupted: boolean; allowInterruptions: boolean },
  during = () => {},
) {
  const next = new voice.Agent({ instructions: 'You do the billing.' });
  const handOff = vi.fn(async () => {
    during();
    return next;
  });
  const updateAgent = vi.fn();
  const departures = new Departures();
  const kit = {
    events: { emit: () => undefined },
    log: createLogger('test', { level: 'silent' }),
    uses: new ToolUses(),
    depart: (kind: Departure) => departures.begin(kind),
    handOff,
  } as unknown as ToolKit;
  const done = handOffTool(kit, targets).execute({ to: 'Billing' }, {
    ctx: {
      speechHandle: Object.assign(speechHandle, { addDoneCallback: () => undefined }),
      ...{ session: { updateAgent }, waitForPlayout: async () => undefined },
    },
    toolCallId: 'one',
  } as unknown as llm.ToolOptions);
  return { done, handOff, updateAgent, next };
}

test('the words of a caller do not cut a hand-off in two', async () => {
  const speech = { interrupted: false, allowInterruptions: true };
  const seen: boolean[] = [];
  const { done } = await handOffFrom(speech, () => seen.push(speech.allowInterruptions));
  await done;
  expect(seen).toEqual([false]);
  expect(speech.allowInterruptions).toBe(true);
});

test('an agent that was cut off before does not hand over; one that is cut off meanwhile has handed over', async () => {
  const early = await handOffFrom({ interrupted: true, allowInterruptions: true });
  await expect(early.done).rejects.toThrow('interrupted');
  expect(early.handOff).not.toHaveBeenCalled();
  const speech = { interrupted: false, allowInterruptions: true };
  const late = await handOffFrom(speech, () => {
    speech.interrupted = true;
  });
  await late.done;
  expect(late.updateAgent).toHaveBeenCalledExactlyOnceWith(late.next);
});
