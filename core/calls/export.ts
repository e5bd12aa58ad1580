import { and, eq, gte, lt, type SQL, sql } from 'drizzle-orm';
import { copyOut } from '../../db/copy-out.ts';
import { agents } from '../../db/schema/agents.ts';
import { calls } from '../../db/schema/calls.ts';
import { byteOrderMark, spreadsheetText } from '../csv.ts';
import { DomainError } from '../errors.ts';
import { operation } from '../operation.ts';
import { callConditions } from '../reports/measure.ts';
import { callListFilter, scopeOf } from './list.ts';

/** Each export holds a connection of the pool while it runs. */
const maxAtOnce = 3;
let running = 0;

/** ISO 8601; the session's zone is UTC. to_char() would take a third of the export’s time. */
const instant = (column: SQL): SQL => sql`replace(${column}::timestamp::text, ' ', 'T') || 'Z'`;

/** Columns of the file under the names that GET /calls has for them. */
const columns: Readonly<Record<string, SQL>> = {
  id: sql`${calls.id}`,
  created_at: instant(sql`${calls.createdAt}`),
  call_type: sql`${calls.channel}`,
  call_direction: sql`${calls.direction}`,
  status: sql`${calls.status}`,
  disposition: sql`${calls.disposition}`,
  agent_id: sql`${calls.agentId}`,
  agent_name: spreadsheetText(sql`${agents.name}`),
  from_number: spreadsheetText(sql`${calls.fromNumber}`),
  to_number: spreadsheetText(sql`${calls.toNumber}`),
  dialed_at: instant(sql`${calls.dialedAt}`),
  answered_at: instant(sql`${calls.answeredAt}`),
  ended_at: instant(sql`${calls.endedAt}`),
  duration: sql`${calls.durationMs} * 0.001`,
  turn_count: sql`${calls.turnCount}`,
  end_reason: sql`${calls.endReason}`,
  end_detail: spreadsheetText(sql`${calls.endDetail}`),
  sip_status: sql`${calls.sipStatus}`,
  sip_reason: spreadsheetText(sql`${calls.sipReason}`),
  batch_id: sql`${calls.campaignId}`,
  dynamic_variables: sql`${calls.variables}`,
};

/**
 * The calls that fit as CSV, newest first, streamed from the database. Throws unavailable while three others run in
 * this process. Whoever takes it has to finish it or close it.
 */
export const exportCalls = operation({
  name: 'call.export',
  scope: 'member',
  input: callListFilter,
  reads: true,
  run: async (ctx, given): Promise<AsyncGenerator<string | Buffer>> => {
    if (running >= maxAtOnce)
      throw new DomainError('unavailable', `${maxAtOnce} exports are under way. Try again when one is done.`);
    const { workspaceId, filter, startAt, endAt } = scopeOf(ctx, given);
    const selected = Object.entries(columns).map(([name, value]) => sql`${value} as ${sql.identifier(name)}`);
    const where = and(
      eq(calls.workspaceId, workspaceId),
      startAt && gte(calls.createdAt, startAt),
      endAt && lt(calls.createdAt, endAt),
      ...callConditions(filter),
    );
    const query = sql`select ${sql.join(selected, sql`, `)} from ${calls} join ${agents} on ${agents.id} = ${calls.agentId}
      where ${where} order by ${calls.createdAt} desc, ${calls.id} desc`;
    // In the order of the index the first rows come at once and nothing has to be sorted on a disk.
    return counted(copyOut(ctx.services.db, query, { settings: ['set local enable_sort = off'] }));
  },
});

async function* counted(rows: AsyncGenerator<Buffer>): AsyncGenerator<string | Buffer> {
  running += 1;
  try {
    yield byteOrderMark;
    yield* rows;
  } finally {
    running -= 1;
  }
}
