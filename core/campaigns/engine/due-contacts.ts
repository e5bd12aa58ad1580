import { asc, desc, sql } from 'drizzle-orm';
import { contacts } from '../../../db/schema/contacts.ts';
import type { OperationContext } from '../../context.ts';
import {
  isOpen,
  type Judgement,
  nextLegalMoment,
  placeOfKey,
  type RegistryFacts,
  type RuleSettings,
  waitsForRegistry,
} from '../rules/index.ts';
import { endCallBacksOfBlocked } from './let-go-call-backs.ts';
import type { Person } from './person.ts';
import { ofPerson } from './take-people.ts';

type Db = OperationContext['db'];

/** Contacts of one window key and priority. */
export interface Group {
  readonly key: string;
  readonly priority: number;
}

export interface OpenGroups {
  readonly groups: readonly Group[];
  /** Contacts that wait under them, due or not. */
  readonly callable: number;
  /** Where all are shut: when the first one opens. */
  readonly opensAtMs: number | null;
  /** Some are left out until a registry of their country has come in. */
  readonly blind: boolean;
}

/** A group, and how many wait in it. */
export interface Waiting extends Group {
  readonly waiting: number;
}

/** Where contacts of a campaign wait. Looks at the counts, never at the contacts. */
export async function readWaiting(db: Db, campaignId: string): Promise<Waiting[]> {
  const { rows } = await db.execute<{ key: string; priority: number; waiting: string }>(sql`
    select window_key as key, priority, sum(delta) as waiting from contact_counts
    where campaign_id = ${campaignId} and state = 'waiting' group by window_key, priority having sum(delta) > 0`);
  return rows.map(({ waiting, ...group }) => ({ ...group, waiting: Number(waiting) }));
}

/** The groups whose window is open now. Pure. */
export function openGroups(
  all: readonly Waiting[],
  rules: RuleSettings,
  registries: readonly RegistryFacts[],
  nowMs: number,
): OpenGroups {
  // Looked at one by one they would be refused, every hour anew.
  const rows = all.filter(({ key }) => !waitsForRegistry(rules, placeOfKey(key), registries, nowMs));
  const open = rows.filter(({ key }) => isOpen(rules, placeOfKey(key), nowMs));
  // Whoever cannot be placed anywhere is looked at too, or nobody would ever say why they are not called.
  const nowhere = rows.filter(({ key }) => placeOfKey(key).zones.length === 0);
  // Asked for only where it is told: it looks through days.
  const opens =
    open.length > 0 ? [] : rows.flatMap(({ key }) => nextLegalMoment(rules, placeOfKey(key), nowMs) ?? []);
  return {
    groups: [...open, ...nowhere].map(({ key, priority }) => ({ key, priority })),
    callable: open.reduce((sum, { waiting }) => sum + waiting, 0),
    opensAtMs: opens.length === 0 ? null : Math.min(...opens),
    blind: rows.length < all.length,
  };
}

export interface DueQuestion {
  readonly campaignId: string;
  readonly groups: readonly Group[];
  readonly most: number;
  readonly nowMs: number;
}

/**
 * The next ones to be called, locked; whoever another transaction has taken is passed over. What it costs depends on
 * how many are wanted and how many groups there are, not on how many wait.
 */
export async function takeDue(db: Db, { campaignId, groups, most, nowMs }: DueQuestion): Promise<Person[]> {
  if (groups.length === 0 || most <= 0) return [];
  const due = sql`
    select due.id
    from unnest(${sql.param(groups.map(({ key }) => key))}::text[],
      ${sql.param(groups.map(({ priority }) => priority))}::smallint[]) as waiting(key, priority)
    cross join lateral (
      select id, next_attempt_at from contacts
      where campaign_id = ${campaignId} and window_key = waiting.key and priority = waiting.priority
        and state = 'waiting' and next_attempt_at <= ${new Date(nowMs).toISOString()}
      order by next_attempt_at limit ${most}) as due
    order by waiting.priority desc, due.next_attempt_at limit ${most}`;
  return db
    .select(ofPerson)
    .from(contacts)
    .where(sql`${contacts.id} = any(array(${due})) and ${contacts.state} = 'waiting'`)
    .orderBy(desc(contacts.priority), asc(contacts.nextAttemptAt))
    .for('update', { skipLocked: true });
}

/** Nobody can say when (an old registry): asked again then. */
const askAgainMs = 3_600_000;

/** When somebody whom the rules refuse is looked at again; null: never. */
export const nextLookMs = (
  { final, nextLegalAtMs }: Pick<Judgement, 'final' | 'nextLegalAtMs'>,
  atMs: number,
): number | null => (final ? null : (nextLegalAtMs ?? atMs + askAgainMs));

export interface Postponed {
  readonly id: string;
  /** Null: for good, and `reason` says why. */
  readonly nextAtMs: number | null;
  readonly reason: string;
}

/** Contacts that were looked at and are not called now. What was promised to those who never will be ends. */
export async function putBack(db: Db, postponed: readonly Postponed[]): Promise<void> {
  if (postponed.length === 0) return;
  await db.execute(sql`
    update contacts set
      state = case when given."nextAtMs" is null then 'blocked' else 'waiting' end,
      blocked_reason = case when given."nextAtMs" is null then given.reason end,
      next_attempt_at = coalesce(to_timestamp(given."nextAtMs" / 1000.0), next_attempt_at), reserved_at = null
    from jsonb_to_recordset(${JSON.stringify(postponed)}::jsonb) as given(id uuid, "nextAtMs" bigint, reason text)
    where contacts.id = given.id and contacts.state in ('waiting', 'reserved', 'dialing')`);
  await endCallBacksOfBlocked(
    db,
    postponed.filter(({ nextAtMs }) => nextAtMs === null),
  );
}
