import { llm } from '@livekit/agents';
import { expect, test, vi } from 'vitest';
import type { ControlAction } from '../../../core/calls/control/command.ts';
import { type CommandParts, carryOut } from './commands.ts';

/** A call that is going on, as far as these commands look at it. */
function rig({ silent = false, cancelled = 'none' }: { silent?: boolean; cancelled?: string } = {}) {
  const handOff = vi.fn(async () => 'Billing goes on.');
  const generateReply = vi.fn();
  const agent = { chatCtx: llm.ChatContext.empty(), updateChatCtx: async () => undefined };
  const around = {
    parts: { outcome: {} },
    silence: { on: silent, handBack: async () => undefined },
    transfers: { running: cancelled !== 'none', cancel: () => cancelled },
    session: () => ({ generateReply, currentAgent: agent }),
    answered: () => true,
    handOff,
  } as unknown as CommandParts;
  return { handOff, generateReply, ask: (action: ControlAction) => carryOut(around, 'one', action) };
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
