import { expect, test, vi } from 'vitest';
import { Departures } from './departures.ts';
import { hangUpAfter } from './hang-up-after.ts';
import { Outcome } from './outcome.ts';

/** Words that are being said, until `end`. */
function words() {
  const callbacks: (() => void)[] = [];
  const handle = {
    interrupted: false,
    addDoneCallback: (callback: () => void) => void callbacks.push(callback),
    end: (interrupted = false) => {
      handle.interrupted = interrupted;
      for (const callback of callbacks) callback();
    },
  };
  return handle;
}

function rig(answered: boolean) {
  const [outcome, departures, speech, goodbye] = [new Outcome(), new Departures(), words(), words()];
  const sayGoodbye = vi.fn(() => goodbye as never);
  const ask = () => hangUpAfter(speech as never, { outcome, departures, turns: { answered }, sayGoodbye });
  return { outcome, departures, speech, goodbye, sayGoodbye, ask };
}

test('the agent hangs up when its last words are said, once, however often it was told to', () => {
  const { outcome, speech, sayGoodbye, ask } = rig(true);
  expect([ask(), ask()]).toEqual([undefined, undefined]);
  expect(outcome.ending).toBeUndefined();
  speech.end();
  expect(outcome.ending?.reason).toBe('agent_hung_up');
  expect(sayGoodbye).not.toHaveBeenCalled();
});

test('an agent that has said nothing says goodbye first', () => {
  const { outcome, speech, goodbye, ask } = rig(false);
  ask();
  speech.end();
  expect(outcome.ending).toBeUndefined();
  goodbye.end();
  expect(outcome.ending?.reason).toBe('agent_hung_up');
});

test('a caller who cuts into the last words is listened to, and may be put through', () => {
  for (const answered of [true, false]) {
    const { outcome, departures, speech, goodbye, ask } = rig(answered);
    ask();
    speech.end(answered);
    goodbye.end(true);
    expect(outcome.ending).toBeUndefined();
    expect(departures.begin('transfer')).toBeTypeOf('function');
  }
});

test('nobody is hung up on who is being put through', () => {
  const { departures, ask } = rig(true);
  departures.begin('transfer');
  expect(ask()).toBe('A transfer is under way.');
});
