import { sql } from 'drizzle-orm';
import type { DecisionStage } from '../../../db/schema/decisions.ts';
import { type ContactFacts, type Judgement, judgeContact } from '../rules/index.ts';
import { dayMs } from '../rules/time/local-time.ts';
import { type GatheredFacts, gatherFacts, type JudgedCampaign, type JudgedContact } from './gather-facts.ts';
import type { Db } from './gather-lists.ts';
import { lockListsToDial } from './list-lock.ts';
import { type DecisionFacts, type DecisionRow, recordDecisions } from './record-decisions.ts';

export interface Decided {
  readonly contactId: string;
  readonly facts: ContactFacts;
  readonly judgement: Judgement;
}

export interface Question {
  readonly campaign: JudgedCampaign;
  readonly stage: Exclude<DecisionStage, 'list'>;
  /** attemptId: where there is one already. */
  readonly contacts: readonly (JudgedContact & { readonly attemptId?: string | null })[];
  readonly atMs: number;
}

/**
 * Judges contacts of one campaign and writes each verdict into the ledger. The one way to a decision.
 *
 * For stage `invite` call it in the transaction that sets attempts.dialed_at, and send the INVITE only when that is
 * committed: numbers are locked until then, so that two campaigns cannot both take the last call that a cap allows, and
 * so are the do-not-call lists of the workspace.
 */
export async function decide(db: Db, { campaign, stage, contacts, atMs }: Question): Promise<Decided[]> {
  if (contacts.length === 0) return [];
  if (stage === 'invite') {
    await lockListsToDial(db, campaign.workspaceId);
    await lockPhones(db, campaign.workspaceId, contacts);
  }
  const { decided, rows } = judgeAll(
    { campaign, stage, contacts, atMs },
    await gatherFacts(db, { campaign, contacts, atMs }),
  );
  await recordDecisions(db, rows);
  return decided;
}

/** The verdict on each, and the rows that tell the ledger of them. Pure. */
export function judgeAll(
  { campaign, stage, contacts, atMs }: Question,
  { facts, listVersion }: GatheredFacts,
): { readonly decided: Decided[]; readonly rows: DecisionRow[] } {
  const decided: Decided[] = [];
  const rows: DecisionRow[] = [];
  for (const [index, contact] of contacts.entries()) {
    const known = facts[index];
    if (!known) throw new Error('Facts are gathered for every contact.');
    const judgement = judgeContact(known, atMs);
    decided.push({ contactId: contact.id, facts: known, judgement });
    rows.push(decisionRow({ campaign, stage, atMs, listVersion }, contact, known, judgement));
  }
  return { decided, rows };
}

/** Always in the same order, or two ticks could wait for each other. */
async function lockPhones(db: Db, workspaceId: string, contacts: readonly JudgedContact[]): Promise<void> {
  const keys = [...new Set(contacts.map(({ phone }) => `${workspaceId} ${phone}`))].sort();
  await db.execute(sql`
    select pg_advisory_xact_lock(hashtextextended(key, 0))
    from unnest(${sql.param(keys)}::text[]) with ordinality as keys(key, n) order by n`);
}

interface Frame {
  readonly campaign: JudgedCampaign;
  readonly stage: Exclude<DecisionStage, 'list'>;
  readonly atMs: number;
  readonly listVersion: number;
}

/** A verdict as the ledger keeps it. */
export function decisionRow(
  { campaign, stage, atMs, listVersion }: Frame,
  contact: JudgedContact & { readonly attemptId?: string | null },
  facts: ContactFacts,
  judgement: Judgement,
): DecisionRow {
  return {
    workspaceId: campaign.workspaceId,
    campaignId: campaign.id,
    contactId: contact.id,
    attemptId: contact.attemptId ?? null,
    phone: contact.phone,
    stage,
    atMs,
    allowed: judgement.allowed,
    reason: judgement.reason,
    rulesVersion: judgement.rulesVersion,
    campaignVersion: campaign.version,
    zones: facts.place.zones,
    facts: decisionFacts(facts, judgement, listVersion, atMs),
  };
}

function decisionFacts(
  { place, consent, listed, registries, dialed, before }: ContactFacts,
  { packs, nextLegalAtMs }: Judgement,
  listVersion: number,
  atMs: number,
): DecisionFacts {
  const within = (ms: number) => dialed.filter((dial) => dial.atMs > atMs - ms).length;
  return {
    country: place.country,
    regions: place.regions,
    packs,
    consent,
    listed,
    listVersion,
    registries,
    dialed: { day: within(dayMs), week: within(7 * dayMs), ever: dialed.length + before.workspace },
    nextLegalAt: nextLegalAtMs === null ? null : new Date(nextLegalAtMs).toISOString(),
  };
}
