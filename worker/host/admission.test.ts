import { expect, test } from 'vitest';
import { LoopGate } from './loop-watch.ts';
import { defaultSlots, Slots } from './slots.ts';

test('slots are taken exactly, whoever asks how often', () => {
  const slots = new Slots(2);
  expect([slots.take('a'), slots.take('a'), slots.take('b'), slots.take('c')]).toEqual([
    true,
    true,
    true,
    false,
  ]);
  expect(slots.load()).toBe(1);
  slots.give('a');
  slots.give('a');
  expect(slots.active).toBe(1);
  expect(slots.take('c')).toBe(true);
});

test('a host with a free slot is never as loaded as livekit-server takes for full, and steps back for an emptier one', () => {
  const slots = new Slots(4);
  const loads = ['a', 'b', 'c', 'd'].map((job) => {
    const now = [slots.load(), slots.load(0)];
    slots.take(job);
    return now;
  });
  expect(loads.flat().every((load) => load < 0.7)).toBe(true);
  expect(loads.map(([alone, beside]) => (beside ?? 0) > (alone ?? 0))).toEqual([false, true, true, true]);
});

test('a host takes fewer calls on an old Node', () => {
  expect([defaultSlots(20), defaultSlots(22), defaultSlots(24)]).toEqual([6, 6, 8]);
});

test('an event loop that stays late closes the host; a burst does not; calm opens it again', () => {
  const gate = new LoopGate();
  const states = [200, 200, 20, 200, 200, 200, 120, 20, 120, 20, 20].map((delayMs) => {
    gate.measure(delayMs);
    return gate.open;
  });
  expect(states).toEqual([true, true, true, true, true, false, false, false, false, false, true]);
});
