import { sql } from 'drizzle-orm';
import type { OperationContext } from '../../context.ts';
import { abandonAfterMs } from '../../dispositions.ts';
import type { PaceEvidence } from './pace.ts';
import { trunkId } from './survey.ts';

/** Attempts are looked for this far back: longer than a phone rings, shorter than most talks. */
export const lookBackMs = 10 * 60_000;

/** What became of the calls of each trunk that ended or were answered after a moment. */
export async function trunkEvidence(
  db: OperationContext['db'],
  campaignIds: readonly string[],
  { sinceMs, nowMs }: { readonly sinceMs: number; readonly nowMs: number },
): Promise<ReadonlyMap<string, PaceEvidence>> {
  const since = new Date(sinceMs).toISOString();
  const { rows } = await db.execute<Record<keyof PaceEvidence | 'workspace_id' | 'trunk', string>>(sql`
    select a.workspace_id, a.trunk,
      count(*) filter (where c.ended_at > ${since}) as finished,
      count(*) filter (where c.ended_at > ${since} and c.sip_status in (500, 502, 503, 504)) as refused,
      count(*) filter (where c.ended_at > ${since} and c.sip_status = 486) as busy,
      count(*) filter (where c.answered_at is not null and coalesce(c.first_word_at, c.ended_at) > ${since}) as answered,
      count(*) filter (where c.answered_at is not null and c.disposition is distinct from 'voicemail'
        and coalesce(c.first_word_at, c.ended_at) > ${since}
        and (c.first_word_at is null or c.first_word_at > c.answered_at + make_interval(secs => ${abandonAfterMs / 1_000}))
      ) as late
    from attempts a join calls c on c.id = a.id
    where a.campaign_id = any(${sql.param(campaignIds)}::uuid[]) and a.dialed_at is not null
      and a.created_at > ${new Date(nowMs - lookBackMs).toISOString()}
      -- Whatever happened in a call happened before its end: the calls of these need no look.
      and (a.ended_at is null or a.ended_at > ${since})
    group by a.workspace_id, a.trunk`);
  return new Map(
    rows.map((row) => [
      trunkId(row.workspace_id, row.trunk),
      {
        finished: Number(row.finished),
        refused: Number(row.refused),
        busy: Number(row.busy),
        answered: Number(row.answered),
        late: Number(row.late),
      },
    ]),
  );
}
