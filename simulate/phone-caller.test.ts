import { expect, test } from 'vitest';
import { PhoneCaller } from './phone-caller.ts';
import { scenario } from './scenario.ts';
import type { OutgoingCall } from './softphone/outgoing-call.ts';
import type { Sounds } from './sounds.ts';

const never = () => new Promise<never>(() => undefined);

/** A line on which nothing is played, pressed or heard any more, as when the other side has hung up. */
const dead = {
  ...{ end: { by: 'remote', at: 0 }, ended: Promise.resolve({ by: 'remote', at: 0 }), answeredAt: 0 },
  ...{ play: never, sendDtmf: never, heardSpeech: never, heardSilence: never },
  speechSegments: () => [],
  media: { setBackground: () => undefined },
} as unknown as OutgoingCall;
const sounds = {
  of: () => Promise.resolve(new Int16Array(160)),
  behind: () => undefined,
} as unknown as Sounds;

test('a line that has gone dead keeps nobody waiting, and it is said what could not be said', async () => {
  const { steps } = scenario.parse({
    name: 'Too late',
    steps: [
      { say: 'Hello?' },
      { say: 'Wait!', barge_in: { after_ms: 1 } },
      { digits: '1' },
      { silence_ms: 60_000 },
    ],
  });
  const caller = new PhoneCaller(dead, 'http://speech.test', null, sounds);
  expect(await caller.greeting(undefined)).toBe(0);
  const moments = [];
  for (const step of steps) moments.push(await caller.take(step, undefined));
  expect(moments).toMatchObject([
    { wrong: 'the agent hung up before it' },
    { wrong: 'the agent hung up before 1 ms of it' },
    { tookMs: 0 },
    { promptMs: null },
  ]);
});
