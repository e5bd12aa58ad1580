import { describe, expect, it } from 'vitest';
import { agentDefinition } from '../agents/definition.ts';
import { type MachinePolicy, underPolicy } from './machine-policy.ts';

const agent = (action: 'ignore' | 'hang_up' | 'leave_message', message = 'Please call us back.') =>
  agentDefinition.parse({ systemPrompt: 'Be brief.', voicemail: { action, message } });

describe('the policy of a campaign towards machines', () => {
  it.each<[MachinePolicy, string, string]>([
    ['agent', 'ignore', 'ignore'],
    ['agent', 'leave_message', 'leave_message'],
    ['talk', 'leave_message', 'ignore'],
    ['hang_up', 'ignore', 'hang_up'],
    ['leave_message', 'ignore', 'leave_message'],
  ])('%s makes of an agent that would %s one that does %s', (policy, own, then) => {
    const before = agent(own as 'ignore');
    const after = underPolicy(before, policy);
    expect(after.voicemail).toEqual({ ...before.voicemail, action: then });
    expect({ ...after, voicemail: before.voicemail }).toEqual(before);
  });

  it('hangs up where the message to leave is gone', () => {
    expect(underPolicy(agent('ignore', ' '), 'leave_message').voicemail.action).toBe('hang_up');
  });
});
