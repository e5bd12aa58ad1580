import { and, eq, isNotNull } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { judgeAll } from '../../core/campaigns/ledger/index.ts';
import { ruleSettings, windowKey } from '../../core/campaigns/rules/index.ts';
import {
  type CampaignReport,
  simulateCampaign,
  simulateInDatabase,
  simulationSettings,
} from '../../core/campaigns/simulation/index.ts';
import { MemoryLedger } from '../../core/campaigns/simulation/memory/ledger.ts';
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

const play = (t: TestContext, seed: string) => simulateInDatabase(t.services, settings(seed));

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

/** What the engine's decisions hang on, each in another way: the two worlds have to agree about all of it. */
const worlds = {
  'of every kind': {},
  'with more people than lines': { channels: 12, callsPerSecond: 2, contacts: 500, stepMs: 60_000 },
  'on days with windows': {
    ...{ startsAt: '2026-06-05T11:30:00Z', days: 4, stepMs: 60_000, contacts: 120, zone: undefined },
    rules: {
      windows: { friday: [{ from: '10:00', to: '12:00' }], monday: [{ from: '09:00', to: '17:30' }] },
    },
    retries: { maxAttempts: 3 },
  },
  'with a budget': { budgetMicros: 4_000_000, minutePriceMicros: 30_000 },
  'that is abandoned': { lateShare: 0.06 },
  'until nobody is left': {
    ...{
      contacts: 60,
      days: 2,
      outcomes: { human: 0.6, busy: 0, noAnswer: 0, voicemail: 0.3, screening: 0, optOut: 0.1 },
    },
    retries: { voicemail: { most: 1, delayMs: 600_000, jitter: 0.3, otherHour: false } },
  },
} as const;

test.each(Object.entries(worlds))(
  'a campaign %s comes out the same in memory as in the database',
  {
    timeout: 120_000,
  },
  async (name, given) => {
    await using t = await testContext();
    const played = simulationSettings.parse({ ...settings(name), ...given });
    const { tookMs: _, ...inDatabase } = await simulateInDatabase(t.services, played);
    const { tookMs: __, ...inMemory } = await simulateCampaign(played);
    expect(nameless(inMemory)).toEqual(nameless(inDatabase));
    expect(inMemory.dialed).toBeGreaterThan(50);
  },
);

test('what is against the rules is found in the ledger of memory as it is in that of the database', () => {
  const ledger = new MemoryLedger();
  const rules = ruleSettings.parse({ windows: allDay, caps: { perDay: 1 } });
  const place = { country: 'US', regions: ['US-NY'], zones: ['America/New_York'] };
  const campaign = { id: 'c', workspaceId: 'w', version: 1, rules };
  const noon = Date.parse('2026-06-01T16:00:00Z');
  const minute = 60_000;
  const invite = (attemptId: string, atMs: number) => {
    const contact = {
      id: 'p',
      phone: '+12125550101',
      windowKey: windowKey(place),
      consent: 'written',
      attemptId,
    } as const;
    // Judged as if nobody had ever been called, as a dialer would that forgets.
    const facts = {
      rules,
      place,
      consent: 'written',
      listed: null,
      registries: [],
      dialed: [],
      before,
    } as const;
    ledger.append(
      judgeAll({ campaign, stage: 'invite', contacts: [contact], atMs }, { facts: [facts], listVersion: 0 })
        .rows,
    );
    return {
      id: attemptId,
      workspaceId: 'w',
      campaignId: 'c',
      phone: contact.phone,
      dialedAt: new Date(atMs),
      endedAt: new Date(atMs + 2 * minute),
    };
  };
  const calls = [invite('a', noon), invite('b', noon + minute), { ...invite('x', noon), id: 'nowhere' }];
  const days = [{ campaignId: 'c', workspaceId: 'w', day: '2026-06-01', liveAnswered: 100, abandoned: 4 }];
  const found: string[] = [];
  const range = { from: new Date(noon - minute), to: new Date(noon + 60 * minute) };
  const judged = ledger.judge(
    range,
    new Map(calls.map((call) => [call.id, call])),
    { rules, days },
    ({ kind }) => void found.push(kind),
  );
  expect(judged).toEqual({ decisions: 3, calls: 3 });
  expect(found.sort()).toEqual(['abandoned', 'cap_day', 'cap_day', 'twice', 'twice', 'undecided']);
});

/** Without the ids that are made anew for each: those of workspace and campaign. */
const nameless = <R extends Pick<CampaignReport, 'judged'>>(report: R) => ({
  ...report,
  judged: {
    ...report.judged,
    violations: report.judged.violations.map(({ workspaceId: _, campaignId: __, ...violation }) => violation),
  },
});

const before = { campaign: 0, workspace: 0 };

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
  const report = await simulateInDatabase(t.services, { ...settings('late'), lateShare: 0.5 });
  expect(report).toMatchObject({ status: 'paused', statusReason: expect.stringContaining('3 %') });
  expect(report.states.waiting).toBeGreaterThan(0);
});
