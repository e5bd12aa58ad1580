import { and, between, eq, inArray, sql } from 'drizzle-orm';
import { calls } from '../../../db/schema/calls.ts';
import { campaignVersions } from '../../../db/schema/campaign-versions.ts';
import { campaigns } from '../../../db/schema/campaigns.ts';
import { decisions } from '../../../db/schema/decisions.ts';
import { workspaces } from '../../../db/schema/workspaces.ts';
import { type RuleSettings, ruleSettings } from '../rules/index.ts';
import type { Db } from './gather-lists.ts';
import { groupBy } from './group-by.ts';
import { judgeAbandonment, judgeUndecided } from './judge-calls.ts';
import { type JudgedCall, type LedgerRow, rejudge } from './rejudge.ts';
import type { Range, Violation } from './violation.ts';

export interface Verdict {
  /** Decisions to dial that were judged again, and the calls that were looked at. */
  readonly decisions: number;
  readonly calls: number;
  readonly violations: number;
}

const pageSize = 500;

/**
 * Judges everything again that was dialed in a range, from the ledger and the calls alone: not what the dialer thought
 * it knew, but what follows from the rows before. Violations are handed over as they are found.
 */
export async function judgeRange(
  db: Db,
  range: Range,
  report: (violation: Violation) => void,
): Promise<Verdict> {
  let violations = 0;
  const found = (violation: Violation) => {
    violations++;
    report(violation);
  };
  const judged = await judgeDecisions(db, range, found);
  const looked = await judgeUndecided(db, range, found);
  await judgeAbandonment(db, range, found);
  return { decisions: judged, calls: looked, violations };
}

/** What of a range's ids nobody has. What was deleted has none either, though the ledger may still tell of it. */
export async function unknownIn(
  db: Db,
  { workspaceId, campaignId }: Pick<Range, 'workspaceId' | 'campaignId'>,
): Promise<'workspace' | 'campaign' | null> {
  if (campaignId && (await db.$count(campaigns, eq(campaigns.id, campaignId))) === 0) return 'campaign';
  if (workspaceId && (await db.$count(workspaces, eq(workspaces.id, workspaceId))) === 0) return 'workspace';
  return null;
}

async function judgeDecisions(db: Db, range: Range, found: (violation: Violation) => void): Promise<number> {
  const bounds = await boundsOf(db, range);
  if (bounds === null) return 0;
  const rules = new Map<string, RuleSettings | null>();
  let judged = 0;
  for (let after = bounds.first - 1; ; ) {
    const page = await db
      .select()
      .from(decisions)
      .where(
        and(
          between(decisions.id, after + 1, bounds.last),
          sql`${decisions.stage} = 'invite' and ${decisions.allowed}`,
          // Rows of one moment come in any order of ids.
          sql`${decisions.at} >= ${range.from} and ${decisions.at} < ${range.to}`,
          range.workspaceId ? eq(decisions.workspaceId, range.workspaceId) : undefined,
          range.campaignId ? eq(decisions.campaignId, range.campaignId) : undefined,
        ),
      )
      .orderBy(decisions.id)
      .limit(pageSize);
    if (page.length === 0) return judged;
    const history = await historyOf(db, page);
    const callsById = await callsOf(db, [...history.values()].flat());
    await readRules(db, page, rules);
    for (const row of page)
      for (const violation of rejudge({
        row,
        history: history.get(phoneKey(row)) ?? [],
        calls: callsById,
        rules: rules.get(versionKey(row)) ?? null,
      }))
        found(violation);
    judged += page.length;
    after = page.at(-1)?.id ?? bounds.last;
  }
}

/** The block index on `at` finds these without reading the ledger; the rest goes by id. */
async function boundsOf(db: Db, { from, to }: Range): Promise<{ first: number; last: number } | null> {
  const [row] = await db
    .select({ first: sql<string | null>`min(id)`, last: sql<string | null>`max(id)` })
    .from(decisions)
    .where(sql`${decisions.at} >= ${from} and ${decisions.at} < ${to}`);
  if (!row || row.first === null || row.last === null) return null;
  return { first: Number(row.first), last: Number(row.last) };
}

const phoneKey = ({ workspaceId, phone }: LedgerRow): string => `${workspaceId} ${phone}`;
const versionKey = ({ campaignId, campaignVersion }: LedgerRow): string => `${campaignId} ${campaignVersion}`;

/** Everything that counts for the numbers of a page: who was rung, who was put on a list; oldest first. */
async function historyOf(db: Db, page: readonly LedgerRow[]): Promise<ReadonlyMap<string, LedgerRow[]>> {
  const rows = await db
    .select()
    .from(decisions)
    .where(
      and(
        inArray(decisions.workspaceId, [...new Set(page.map((row) => row.workspaceId))]),
        sql`${decisions.phone} = any(${sql.param([...new Set(page.map(({ phone }) => phone))])}::text[])`,
        sql`(${decisions.stage} = 'list' or (${decisions.stage} = 'invite' and ${decisions.allowed}))`,
      ),
    )
    .orderBy(decisions.id);
  return groupBy(rows, phoneKey);
}

async function callsOf(db: Db, rows: readonly LedgerRow[]): Promise<ReadonlyMap<string, JudgedCall>> {
  const ids = [...new Set(rows.flatMap(({ attemptId }) => attemptId ?? []))];
  const found = await db
    .select({ id: calls.id, dialedAt: calls.dialedAt, endedAt: calls.endedAt })
    .from(calls)
    .where(sql`${calls.id} = any(${sql.param(ids)}::uuid[])`);
  return new Map(found.map((call) => [call.id, call]));
}

async function readRules(
  db: Db,
  page: readonly LedgerRow[],
  known: Map<string, RuleSettings | null>,
): Promise<void> {
  const missing = page.filter((row) => !known.has(versionKey(row)));
  if (missing.length === 0) return;
  const ids = [...new Set(missing.flatMap(({ campaignId }) => campaignId ?? []))];
  const versions = await db
    .select()
    .from(campaignVersions)
    .where(sql`${campaignVersions.campaignId} = any(${sql.param(ids)}::uuid[])`);
  for (const { campaignId, version, rules } of versions)
    known.set(`${campaignId} ${version}`, ruleSettings.safeParse(rules).data ?? null);
  for (const row of missing) if (!known.has(versionKey(row))) known.set(versionKey(row), null);
}
