import { sql } from 'drizzle-orm';
import type { Disposition } from '../../../db/schema/calls.ts';
import { campaignDays } from '../../../db/schema/campaign-days.ts';
import type { OperationContext } from '../../context.ts';
import { abandonAfterMs } from '../../dispositions.ts';
import { groupBy } from '../ledger/index.ts';
import type { Attempt } from './person.ts';

/** One attempt whose call is over. */
export interface Ended {
  readonly attempt: Attempt;
  readonly outcome: Disposition;
  readonly answeredAt: Date | null;
  readonly firstWordAt: Date | null;
  readonly endedAt: Date;
  readonly durationMs: number | null;
  readonly sipStatus: number | null;
  readonly costMicros: number;
  readonly optedOut: boolean;
}

/** Somebody picked up and heard no agent within two seconds. A machine is nobody. */
export function isAbandoned({
  outcome,
  answeredAt,
  firstWordAt,
}: Pick<Ended, 'outcome' | 'answeredAt' | 'firstWordAt'>): boolean {
  if (answeredAt === null || outcome === 'voicemail') return false;
  return firstWordAt === null || firstWordAt.getTime() - answeredAt.getTime() > abandonAfterMs;
}

/** Adds ended attempts to the days on which they were dialed. */
export async function addToDays(
  db: OperationContext['db'],
  campaignId: string,
  ended: readonly Ended[],
): Promise<void> {
  for (const [day, added] of daysOf(ended)) {
    const names = Object.keys(added) as (keyof typeof added)[];
    await db
      .insert(campaignDays)
      .values({ campaignId, day, ...added })
      .onConflictDoUpdate({
        target: [campaignDays.campaignId, campaignDays.day],
        set: Object.fromEntries(names.map((name) => [name, sql`${campaignDays[name]} + ${added[name]}`])),
      });
  }
}

/** What ended attempts add to the days (UTC, 2026-06-01) on which they were dialed, the first day first. Pure. */
export function daysOf(ended: readonly Ended[]): readonly (readonly [day: string, added: DayCounts])[] {
  const days = groupBy(ended, ({ attempt, endedAt }) =>
    (attempt.dialedAt ?? endedAt).toISOString().slice(0, 10),
  );
  return [...days]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([day, all]) => [day, countsOf(all)] as const);
}

export type DayCounts = ReturnType<typeof countsOf>;

function countsOf(all: readonly Ended[]) {
  const count = (is: (one: Ended) => boolean) => all.filter(is).length;
  const answered = ({ answeredAt }: Ended) => answeredAt !== null;
  const sum = (of: (one: Ended) => number) => all.reduce((total, one) => total + of(one), 0);
  const outcome =
    (...names: Disposition[]) =>
    (one: Ended) =>
      names.includes(one.outcome);
  return {
    dialed: all.length,
    answered: count(answered),
    liveAnswered: count((one) => answered(one) && one.outcome !== 'voicemail'),
    abandoned: count(isAbandoned),
    busy: count(outcome('busy', 'rejected')),
    noAnswer: count(outcome('no_answer')),
    voicemail: count(outcome('voicemail')),
    failed: count(outcome('failed', 'unknown')),
    transferred: count(outcome('transferred')),
    optedOut: count(({ optedOut }) => optedOut),
    talkMs: sum((one) => (answered(one) ? (one.durationMs ?? 0) : 0)),
    costMicros: sum(({ costMicros }) => costMicros),
  };
}
