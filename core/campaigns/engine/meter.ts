import { sql } from 'drizzle-orm';
import type { OperationContext } from '../../context.ts';
import { abandonWindowDays } from '../rules/index.ts';
import { dayMs } from '../rules/time/local-time.ts';

export interface Meter {
  /** Over 30 days. */
  readonly liveAnswered: number;
  readonly abandoned: number;
  /** Ever. */
  readonly costMicros: number;
}

const none: Meter = { liveAnswered: 0, abandoned: 0, costMicros: 0 };

/** What the abandon meter and the budget of campaigns stand at; a few rows for each. */
export async function readMeters(
  db: OperationContext['db'],
  campaignIds: readonly string[],
  nowMs: number,
): Promise<ReadonlyMap<string, Meter>> {
  const since = firstDay(nowMs);
  const { rows } = await db.execute<{ id: string; live: string; abandoned: string; cost: string }>(sql`
    select campaign_id as id, sum(cost_micros) as cost,
      coalesce(sum(live_answered) filter (where day >= ${since}), 0) as live,
      coalesce(sum(abandoned) filter (where day >= ${since}), 0) as abandoned
    from campaign_days where campaign_id = any(${sql.param(campaignIds)}::uuid[]) group by campaign_id`);
  return new Map(
    rows.map(({ id, live, abandoned, cost }) => [
      id,
      { liveAnswered: Number(live), abandoned: Number(abandoned), costMicros: Number(cost) },
    ]),
  );
}

/** The same from the days of one campaign. Pure. */
export function meterOf(days: ReadonlyMap<string, Meter>, nowMs: number): Meter {
  const since = firstDay(nowMs);
  let { liveAnswered, abandoned, costMicros } = none;
  for (const [day, counted] of days) {
    costMicros += counted.costMicros;
    if (day < since) continue;
    liveAnswered += counted.liveAnswered;
    abandoned += counted.abandoned;
  }
  return { liveAnswered, abandoned, costMicros };
}

const firstDay = (nowMs: number): string =>
  // Today is one of them.
  new Date(nowMs - (abandonWindowDays - 1) * dayMs).toISOString().slice(0, 10);

export const readMeter = async (
  db: OperationContext['db'],
  campaignId: string,
  nowMs: number,
): Promise<Meter> => (await readMeters(db, [campaignId], nowMs)).get(campaignId) ?? none;
