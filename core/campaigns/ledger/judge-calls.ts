import { sql } from 'drizzle-orm';
import { abandonAfterMs } from '../../dispositions.ts';
import { abandonWindowDays, isOverAbandoned } from '../rules/index.ts';
import { dayMs } from '../rules/time/local-time.ts';
import type { Db } from './gather-lists.ts';
import { groupBy } from './group-by.ts';
import type { Range, Violation } from './violation.ts';

const within = ({ workspaceId, campaignId }: Range) => sql`
  ${workspaceId ? sql`and c.workspace_id = ${workspaceId}` : sql``}
  ${campaignId ? sql`and c.campaign_id = ${campaignId}` : sql``}`;

/** Calls of campaigns that were dialed without a decision. Returns how many calls were looked at. */
export async function judgeUndecided(
  db: Db,
  range: Range,
  found: (violation: Violation) => void,
): Promise<number> {
  const dialed = sql`
    from calls c
    where c.campaign_id is not null and c.direction = 'outbound'
      and c.dialed_at >= ${range.from} and c.dialed_at < ${range.to} ${within(range)}`;
  const { rows: counted } = await db.execute<{ looked: string }>(sql`select count(*) as looked ${dialed}`);
  const { rows } = await db.execute<{
    id: string;
    workspace_id: string;
    campaign_id: string;
    to_number: string | null;
    dialed_at: string;
  }>(sql`
    select c.id, c.workspace_id, c.campaign_id, c.to_number, c.dialed_at ${dialed} and not exists(
      select from decisions d
      where d.workspace_id = c.workspace_id and d.phone = c.to_number and d.attempt_id = c.id
        and (d.stage = 'list' or (d.stage = 'invite' and d.allowed)) and d.stage = 'invite')`);
  for (const row of rows)
    found(
      undecided({
        ...{ workspaceId: row.workspace_id, campaignId: row.campaign_id, callId: row.id },
        ...{ phone: row.to_number, at: new Date(row.dialed_at) },
      }),
    );
  return Number(counted[0]?.looked ?? 0);
}

/** A call that the ledger knows nothing of. */
export const undecided = (
  call: Pick<Violation, 'workspaceId' | 'campaignId' | 'callId' | 'phone' | 'at'>,
): Violation => ({
  ...{ ...call, kind: 'undecided', contactId: null, detail: 'Dialed without a decision in the ledger.' },
});

/**
 * The abandon meter of every campaign as its engine counts it (engine/day.ts, from the calls alone), at the end of each
 * day (UTC) of the range on which somebody was dialed who answered, over the 30 days that end with it. A machine that
 * answered is no live answer; a call that is not finalized counts for neither.
 */
export async function judgeAbandonment(
  db: Db,
  range: Range,
  found: (violation: Violation) => void,
): Promise<void> {
  const from = new Date(range.from.getTime() - abandonWindowDays * dayMs);
  const { rows } = await db.execute<{
    campaign_id: string;
    workspace_id: string;
    day: string;
    live: string;
    abandoned: string;
  }>(sql`
    select c.campaign_id, c.workspace_id, to_char(c.dialed_at at time zone 'UTC', 'YYYY-MM-DD') as day,
      count(*) as live, count(*) filter (where c.first_word_at is null
        or c.first_word_at > c.answered_at + make_interval(secs => ${abandonAfterMs / 1_000})) as abandoned
    from calls c
    where c.campaign_id is not null and c.direction = 'outbound' and c.finalized_at is not null
      and c.answered_at is not null and c.disposition <> 'voicemail'
      and c.dialed_at >= ${from} and c.dialed_at < ${range.to} ${within(range)}
    group by 1, 2, 3 order by 1, 3`);
  judgeDays(
    rows.map(({ campaign_id: campaignId, workspace_id: workspaceId, day, live, abandoned }) => ({
      ...{ campaignId, workspaceId, day, liveAnswered: Number(live), abandoned: Number(abandoned) },
    })),
    range,
    found,
  );
}

/** Live answers of one campaign on one day. */
export interface AnsweredDay {
  readonly campaignId: string;
  readonly workspaceId: string;
  /** UTC, 2026-06-01. */
  readonly day: string;
  readonly liveAnswered: number;
  readonly abandoned: number;
}

/** The days after which the abandon meter of a campaign stood over the limit. Pure; the days are in order. */
export function judgeDays(
  all: readonly AnsweredDay[],
  range: Pick<Range, 'from'>,
  found: (violation: Violation) => void,
): void {
  for (const [campaignId, days] of groupBy(all, (one) => one.campaignId))
    for (const { day, workspaceId } of days) {
      const end = Date.parse(day) + dayMs;
      if (end <= range.from.getTime()) continue;
      const window = days.filter((one) => {
        const at = Date.parse(one.day);
        return at < end && at >= end - abandonWindowDays * dayMs;
      });
      const sum = (of: 'liveAnswered' | 'abandoned') => window.reduce((total, one) => total + one[of], 0);
      const meter = { liveAnswered: sum('liveAnswered'), abandoned: sum('abandoned') };
      if (!isOverAbandoned(meter)) continue;
      const share = ((meter.abandoned / meter.liveAnswered) * 100).toFixed(1);
      found({
        ...{ kind: 'abandoned', at: new Date(end - 1), workspaceId, campaignId },
        ...{ contactId: null, callId: null, phone: null },
        detail: `${meter.abandoned} of ${meter.liveAnswered} live answers of 30 days were abandoned (${share} %).`,
      });
    }
}
