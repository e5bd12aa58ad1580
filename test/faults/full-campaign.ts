import { randomInt } from 'node:crypto';
import { expect, it } from 'vitest';
import { faultSeed } from './campaign/seed.ts';
import { campaignUnderFaults } from './campaign/under-faults.ts';

it('200 people are rung as often as their attempts say while every process of the product is killed again and again', async () => {
  const seed = faultSeed(String(randomInt(1_000_000)));
  console.log(`FAULTS_SEED=${seed} plays the same again`);
  const { wrongs, kills, ...figures } = await campaignUnderFaults({
    // Five crashes of one process within a minute would be given up on.
    ...{ seed, people: 200, kills: 36, pauseMs: [3_000, 12_000], patienceMs: 45 * 60_000 },
  });
  console.log(kills.map(({ victim }) => victim).join(' '), figures);
  expect(wrongs).toEqual([]);
});
