import { sql } from 'drizzle-orm';
import { rebuildRollups } from '../../core/reports/index.ts';
import type { TestContext } from '../harness/context.ts';

export interface ManyCalls {
  readonly workspaceId: string;
  readonly agents: readonly { readonly id: string; readonly liveVersionId: string }[];
  readonly numbers: readonly string[];
  readonly campaignId?: string;
  readonly from: Date;
  readonly to: Date;
  readonly count: number;
}

/** Random calls, written at once; a tenth of them are not over. The rollups are rebuilt from them. */
export async function writeCalls(t: TestContext, given: ManyCalls): Promise<void> {
  const { workspaceId, agents, numbers, campaignId = null, from, to, count } = given;
  const pick = (values: readonly string[]) =>
    sql`(array[${sql.join(
      values.map((value) => sql`${value}::text`),
      sql`, `,
    )}])[1 + floor(random() * ${values.length}::int)::int]`;
  const dispositions = ['completed', 'completed', 'no_answer', 'busy', 'failed', 'voicemail'];
  await t.db.execute(sql`
    insert into calls (id, workspace_id, agent_id, agent_version_id, campaign_id, channel, direction, status, room_name,
      from_number, to_number, created_at, answered_at, first_word_at, ended_at, finalized_at, duration_ms, disposition,
      turn_count)
    select gen_random_uuid(), ${workspaceId}::uuid, agent::uuid, version, case when campaign then ${campaignId}::uuid end,
      channel, direction, case when is_open then 'active' else 'ended' end, 'many-' || gen_random_uuid(),
      case when channel = 'web' then null when direction = 'inbound' then '+14155550199' else line end,
      case when channel = 'web' then null when direction = 'inbound' then line else '+14155550199' end,
      made, made + answered, made + answered + first_word,
      case when not is_open then made + interval '1 minute' end, case when not is_open then made + interval '2 minutes' end,
      case when not is_open and answered is not null then floor(random() * 90000)::bigint when not is_open then 0 end,
      case when not is_open then disposition end, floor(random() * 9)::int
    from (
      select ${pick(agents.map(({ id }) => id))} as agent, random() < 0.3 as campaign, random() < 0.1 as is_open,
        (array['phone', 'phone', 'web'])[1 + floor(random() * 3)::int] as channel,
        (array['inbound', 'outbound'])[1 + floor(random() * 2)::int] as direction,
        ${pick(numbers)} as line, ${pick(dispositions)} as disposition,
        date_trunc('milliseconds', ${from.toISOString()}::timestamptz
          + random() * (${to.toISOString()}::timestamptz - ${from.toISOString()}::timestamptz)) as made,
        case when random() < 0.7 then floor(random() * 20000)::int * interval '1 millisecond' end as answered,
        case when random() < 0.9 then floor(random() * 3000)::int * interval '1 millisecond' end as first_word
      from generate_series(1, ${count}::int)
    ) as random_calls
    join (select id::text as agent_id, live_version_id as version from agents) as versions on agent_id = agent`);
  await rebuildRollups(t.system(), {});
}
