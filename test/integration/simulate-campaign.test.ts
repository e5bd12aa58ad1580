import { and, eq, isNotNull } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { simulateCampaign, simulationSettings } from '../../core/campaigns/simulation/index.ts';
import { attempts } from '../../db/schema/attempts.ts';
import { calls } from '../../db/schema/calls.ts';
import { decisions } from '../../db/schema/decisions.ts';
import { allDay } from '../factories/campaigns.ts';
import { type TestContext, testContext } from '../harness/context.ts';

/** Three quarters of an hour in New York, with people of every kind. */
const settings = (seed: string) =>
  simulationSettings.parse({
    ...{ contacts: 300, seed, slots: 40, channels: 60, callsPerSecond: 5, zone: 'America/New_York' },
    ...{ startsAt: '2026-06-01T16:00:00Z', days: 1 / 32, stepMs: 20_000 },
    ...{ listedShare: 0.05, withoutConsentShare: 0.05, lateShare: 0 },
    rules: { windows: allDay, caps: { perDay: 2 } },
    retries: { noAnswer: { most: 2, delayMs: 240_000, jitter: 0.5, otherHour: false } },
  });

const play = (t: TestContext, seed: string) => simulateCampaign(t.services, settings(seed));

test('a simulated campaign tells what stands in the ledger, is judged clean, and comes out the same with the same seed', {
  timeout: 120_000,
}, async () => {
  await using t = await testContext();
  await using again = await testContext();
  const { tookMs: _, ...report } = await play(t, 'harbor');

  const dialed = await t.db.select().from(attempts).where(isNotNull(attempts.dialedAt));
  const invited = await t.db
    .select()
    .from(decisions)
    .where(and(eq(decisions.stage, 'invite'), eq(decisions.allowed, true)));
  expect(report.dialed).toBe(dialed.length);
  expect(invited.map(({ attemptId }) => attemptId).sort()).toEqual(dialed.map(({ id }) => id).sort());
  expect(report.judged).toMatchObject({ decisions: dialed.length, violations: [] });

  const refused = await t.db.select().from(decisions).where(eq(decisions.allowed, false));
  const people = (reason: string) =>
    new Set(refused.flatMap((row) => (row.reason === reason ? [row.contactId] : []))).size;
  for (const reason of ['do_not_call', 'consent_missing', 'cap_day']) {
    expect(people(reason)).toBeGreaterThan(0);
    expect(report.blocked.find((one) => one.reason === reason)?.people).toBe(people(reason));
  }
  expect(Object.values(report.states).reduce((sum, count) => sum + count, 0)).toBe(300);
  expect(report.peakConcurrency).toBe(await mostAtOnce(t));
  expect(report.peakConcurrency).toBeLessThanOrEqual(40);
  const minutes = dialed.reduce((sum, { costMicros }) => sum + costMicros, 0);
  expect(report.costMicros).toBe(minutes);
  expect(report).toMatchObject({ abandoned: 0, abandonShare: 0 });

  const { tookMs: __, ...second } = await play(again, 'harbor');
  expect(second).toEqual(report);
});

/** Counted from the calls: how many were between their INVITE and their end, by looks of the simulation. */
async function mostAtOnce(t: TestContext): Promise<number> {
  const rows = await t.db.select().from(calls).where(isNotNull(calls.dialedAt));
  const at = (date: Date | null) => date?.getTime() ?? 0;
  return Math.max(
    ...rows.map(({ dialedAt }) => {
      const now = at(dialedAt);
      return rows.filter((one) => at(one.dialedAt) <= now && now - 1_000 < at(one.endedAt)).length;
    }),
  );
}

test('where most calls are abandoned the engine stops the simulated campaign, as the law wants it', async () => {
  await using t = await testContext();
  const report = await simulateCampaign(t.services, { ...settings('late'), lateShare: 0.5 });
  expect(report).toMatchObject({ status: 'paused', statusReason: expect.stringContaining('3 %') });
  expect(report.states.waiting).toBeGreaterThan(0);
});
