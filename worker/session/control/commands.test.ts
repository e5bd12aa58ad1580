import { llm } from '@livekit/agents';
import { expect, test, vi } from 'vitest';
import type { ControlAction } from '../../../core/calls/control/command.ts';
import { createLogger } from '../../../platform/log.ts';
import { Departures } from '../departures.ts';
import { type CommandParts, carryOut } from './commands.ts';

/** A call that is going on, as far as these commands look at it. */
function rig({ silent = false, cancelled = 'none' }: { silent?: boolean; cancelled?: string } = {}) {
  const handOff = vi.fn(async () => 'Billing goes on.');
  const generateReply = vi.fn();
  const agent = { chatCtx: llm.ChatContext.empty(), updateChatCtx: async () => undefined };
  const departures = new Departures();
  const press = vi.fn(async (_keys: string, onBegin: () => void) => onBegin());
  const keypad = { busy: false, press };
  const around = {
    parts: { outcome: {}, plan: { channel: 'phone' }, log: createLogger('test', { level: 'silent' }) },
    silence: { on: silent, handBack: async () => undefined },
    transfers: { running: cancelled !== 'none', cancel: () => cancelled },
    session: () => ({ generateReply, currentAgent: agent }),
    answered: () => true,
    handOff,
    departures,
    keypad,
  } as unknown as CommandParts;
  return {
    around,
    departures,
    keypad,
    handOff,
    generateReply,
    ask: (action: ControlAction) => carryOut(around, 'one', action),
  };
}

const toBilling: ControlAction = { kind: 'hand_off', agentId: '0198f3c0-0000-7000-8000-000000000001' };

test('nobody is handed a call in which the agent was told to keep silent', async () => {
  const quiet = rig({ silent: true });
  await expect(quiet.ask(toBilling)).rejects.toThrow('The agent is silent.');
  expect(quiet.handOff).not.toHaveBeenCalled();
  expect(await rig().ask(toBilling)).toBe('Billing goes on.');
});

test('a transfer is given up while that is possible, and the answer says whether it was', async () => {
  const cancel: ControlAction = { kind: 'cancel_transfer' };
  await expect(rig().ask(cancel)).rejects.toThrow('No transfer is under way.');
  await expect(rig({ cancelled: 'too_late' }).ask(cancel)).rejects.toThrow('moving the caller already');
  expect(await rig({ cancelled: 'given_up' }).ask(cancel)).toBe('The transfer is given up.');
});

test('an agent does not talk into the music of a caller on hold', async () => {
  const onHold = rig({ cancelled: 'given_up' });
  const instruct = (reply: boolean): ControlAction => ({
    kind: 'instruct',
    text: 'Offer a discount.',
    reply,
  });
  await expect(onHold.ask(instruct(true))).rejects.toThrow('The caller is on hold.');
  expect(await onHold.ask(instruct(false))).toBe('The agent was told.');
  const taken = rig({ silent: true, cancelled: 'given_up' });
  expect(await taken.ask({ kind: 'hand_back', note: '', reply: true })).toBe('The agent goes on.');
  for (const { generateReply } of [onHold, taken]) expect(generateReply).not.toHaveBeenCalled();
  const free = rig({ silent: true });
  await free.ask({ kind: 'hand_back', note: '', reply: true });
  expect(free.generateReply).toHaveBeenCalledTimes(1);
});

test('nobody is handed a call, or put through, while the caller is on the way already', async () => {
  const { departures, handOff, ask } = rig();
  const stay = departures.begin('hang_up');
  await expect(ask(toBilling)).rejects.toThrow('The agent is hanging up.');
  expect(handOff).not.toHaveBeenCalled();
  if (typeof stay !== 'string') stay();
  handOff.mockImplementationOnce(async () => {
    expect(departures.begin('transfer')).toBe('Another agent is taking the call over.');
    return 'Billing goes on.';
  });
  expect(await ask(toBilling)).toBe('Billing goes on.');
  expect(departures.current).toBeUndefined();
  handOff.mockRejectedValueOnce(new Error('no'));
  await expect(ask(toBilling)).rejects.toThrow('no');
  expect(departures.current).toBeUndefined();
});

test('keys are said to be pressed when the first one is, or why not', async () => {
  const { keypad, ask } = rig();
  const dtmf: ControlAction = { kind: 'dtmf', digits: '1w2#' };
  expect(await ask(dtmf)).toBe('The keys are pressed.');
  expect(keypad.press).toHaveBeenCalledWith('1,2#', expect.any(Function));
  keypad.press.mockRejectedValueOnce(new Error('The line is gone.'));
  await expect(ask(dtmf)).rejects.toThrow('The line is gone.');
  keypad.busy = true;
  expect(await ask(dtmf)).toContain('after those');
});

test('an agent whose voice is gone puts the caller through all the same', async () => {
  const transfer = vi.fn(async (_order: object, before: () => Promise<void>) => {
    await before();
    return { ok: true, stays: true, name: 'Desk' };
  });
  const { around, ask } = rig();
  Object.assign(around, {
    transfers: { running: false, problem: () => undefined, transfer },
    speech: { phrase: () => 'One moment.', say: () => Promise.reject(new Error('The voice is gone.')) },
  });
  expect(await ask({ kind: 'transfer', target: '' })).toBe('The transfer has begun.');
  await vi.waitFor(() => expect(transfer.mock.settledResults[0]?.type).toBe('fulfilled'), {
    timeout: 10_000,
  });
});
