import { dispose } from '@livekit/rtc-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Rig } from './rig/rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start();
});
afterAll(async () => {
  await rig?.[Symbol.asyncDispose]();
  await dispose();
});

const said = (plan: Parameters<Rig['of']>[0]) =>
  rig.of(plan).flatMap((event) => (event.type === 'agent.turn' ? [event.text] : []));

describe('an agent with manners', () => {
  test('says what it is, then its greeting; speaks to a silent line, and ends it', async () => {
    const plan = rig.plan({
      disclosure: 'I am an AI.',
      firstMessage: 'How can I help?',
      idle: { promptAfterMs: 2_000, prompts: ['Are you still there?'], hangUpAfterMs: 6_000 },
    });
    await rig.call(plan);
    const ended = await rig.event(plan, 'ended');
    expect(ended).toMatchObject({ reason: 'agent_hung_up', detail: 'Nobody said anything for 6 s.' });
    expect(said(plan)).toEqual([
      'I am an AI. How can I help?',
      'Are you still there?',
      'Thank you for calling. Goodbye.',
    ]);
  });

  test('warns before the time is up', async () => {
    const plan = rig.plan({
      maxCallDurationMs: 10_000,
      durationWarning: { beforeMs: 6_000, text: 'Our time is nearly up.' },
    });
    await rig.call(plan);
    const warning = await rig.event(plan, 'agent.turn', ({ text }) => text === 'Our time is nearly up.');
    expect(warning.source).toBe('say');
    expect((await rig.event(plan, 'ended')).reason).toBe('max_duration');
  });

  test('is done when it has said its phrase', async () => {
    const plan = rig.plan({ endCallPhrases: ['from nine to five'] });
    const caller = await rig.call(plan);
    await caller.hears(0);
    await caller.silence();
    await caller.ask();
    expect(await rig.event(plan, 'ended')).toMatchObject({
      ...{ reason: 'agent_hung_up', detail: 'The agent said “from nine to five”.' },
    });
    expect(said(plan).at(-1)).toBe('We are open from nine to five.');
  });

  test('that waits speaks first after all when the caller does not', async () => {
    const plan = rig.plan({ speaksFirst: 'wait', firstMessageDelayMs: 1_000, firstMessage: 'Hello there.' });
    const caller = await rig.call(plan);
    const greeting = await rig.event(plan, 'agent.turn', ({ source }) => source === 'greeting');
    expect(greeting.text).toBe('Hello there.');
    await caller.leave();
    await rig.event(plan, 'ended');
  });
});
