import type { Pool } from 'pg';

interface Filling {
  readonly workspaceId: string;
  readonly agents: readonly { readonly id: string; readonly liveVersionId: string }[];
  readonly count: number;
  /** Back from now. */
  readonly days: number;
}

/** Finished calls of one workspace in the order of time, as a product that runs writes them; twenty numbers. */
export async function fillCalls(pool: Pool, { workspaceId, agents, count, days }: Filling): Promise<void> {
  const client = await pool.connect();
  try {
    // Foreign keys are not what is measured.
    await client.query('set session_replication_role = replica');
    await client.query(
      `insert into calls (id, workspace_id, agent_id, agent_version_id, channel, direction, status, room_name, from_number,
          to_number, created_at, updated_at, queued_at, answered_at, first_word_at, ended_at, finalized_at, duration_ms, disposition,
          end_reason, end_detail, turn_count, variables)
        select gen_random_uuid(), $1, ($2::uuid[])[1 + n % $4], ($3::uuid[])[1 + n % $4],
          case when n % 10 = 0 then 'web' else 'phone' end, case when n % 3 = 0 then 'inbound' else 'outbound' end, 'ended',
          'bench-' || n, case when n % 3 = 0 then person else line end, case when n % 3 = 0 then line else person end,
          made, made, made, case when answered then made + interval '6 seconds' end,
          case when answered then made + interval '6.3 seconds' end, made + interval '90 seconds', made + interval '91 seconds',
          case when answered then (random() * 180000)::int else 0 end,
          case when answered then (array['completed', 'completed', 'completed', 'transferred', 'voicemail'])[1 + n % 5]
            else (array['no_answer', 'busy', 'failed', 'rejected'])[1 + n % 4] end,
          'caller_hung_up', 'The caller hung up.', case when answered then 8 else 0 end, '{"customer_name": "John"}'
        from (
          select n, random() < 0.6 as answered, '+120255501' || lpad((n % 20)::text, 2, '0') as line,
            '+14155550' || lpad((n % 1000)::text, 3, '0') as person,
            date_trunc('milliseconds', now() - (($5::int - n)::float8 / $5) * make_interval(days => $6)) as made
          from generate_series(1, $5::int) as n
        ) as numbered`,
      [...agentParameters(workspaceId, agents), count, days],
    );
    await client.query('set session_replication_role = default');
  } finally {
    client.release();
  }
  await pool.query('vacuum analyze calls');
}

/** Calls that are on (400) or wait to be dialed (5,000), on the twenty numbers: what an autoscaler asks about. */
export async function openCalls(pool: Pool, { workspaceId, agents }: Filling): Promise<number> {
  const { rowCount } = await pool.query(
    `with lines as (select id, e164, row_number() over (order by e164) - 1 as n from phone_numbers where workspace_id = $1)
      insert into calls (id, workspace_id, agent_id, agent_version_id, phone_number_id, channel, direction, status, room_name,
          from_number, to_number, queued_at, answered_at)
        select gen_random_uuid(), $1, ($2::uuid[])[1 + call % $4], ($3::uuid[])[1 + call % $4], lines.id, 'phone', 'outbound',
          case when call <= 400 then 'active' else 'queued' end, 'open-' || call, lines.e164, '+14155550100', now(),
          case when call <= 400 then now() end
        from generate_series(1, 5400) as call join lines on lines.n = call % 20`,
    agentParameters(workspaceId, agents),
  );
  return rowCount ?? 0;
}

/** $1 to $4 of both. */
const agentParameters = (workspaceId: string, agents: Filling['agents']) => [
  workspaceId,
  agents.map(({ id }) => id),
  agents.map(({ liveVersionId }) => liveVersionId),
  agents.length,
];
