import { z } from 'zod';
import type { calls } from '../../../db/schema/calls.ts';
import type { decisions } from '../../../db/schema/decisions.ts';
import { type ContactFacts, type DialFact, judgeContact, type RuleSettings } from '../rules/index.ts';
import type { Violation, ViolationKind } from './violation.ts';

export type LedgerRow = typeof decisions.$inferSelect;
export type JudgedCall = Pick<typeof calls.$inferSelect, 'id' | 'dialedAt' | 'endedAt'>;

/** The part of decisions.facts that nothing else in the ledger tells. */
const recorded = z.object({
  country: z.string().nullable(),
  regions: z.array(z.string()),
  consent: z.enum(['unknown', 'express', 'written', 'denied']),
  listed: z.enum(['workspace', 'campaign', 'registry']).nullable(),
  registries: z.array(
    z.object({
      ...{ id: z.string(), country: z.string(), version: z.number(), maxAgeMs: z.number() },
      fetchedAtMs: z.number().nullable(),
    }),
  ),
});

interface Case {
  /** A decision to dial. */
  readonly row: LedgerRow;
  /** Decisions to dial and changes of lists about the same number and workspace, oldest first; `row` among them. */
  readonly history: readonly LedgerRow[];
  readonly calls: ReadonlyMap<string, JudgedCall>;
  /** Of the campaign, as they were. Null: not to be found. */
  readonly rules: RuleSettings | null;
}

/**
 * What was wrong with one decision to dial. Pure. Lists and earlier calls are counted anew from the ledger; place,
 * consent and registries are those that the decision names. Hours are judged at the moment of the INVITE.
 */
export function rejudge(given: Case): Violation[] {
  const { row } = given;
  const call = row.attemptId === null ? undefined : given.calls.get(row.attemptId);
  const dialedAtMs = Math.max(row.at.getTime(), call?.dialedAt?.getTime() ?? 0);
  const violation = (kind: ViolationKind, detail: string): Violation => ({
    ...{ kind, detail, at: new Date(dialedAtMs), workspaceId: row.workspaceId, campaignId: row.campaignId },
    ...{ contactId: row.contactId, callId: row.attemptId, phone: row.phone },
  });
  const violations = dialedTwice(given, dialedAtMs).map((detail) => violation('twice', detail));
  const facts = factsOf(given);
  if (facts === null)
    return [
      ...violations,
      violation('unreadable', 'The rules or the facts of this decision cannot be read.'),
    ];
  const { allowed, reason, detail } = judgeContact(facts, dialedAtMs);
  if (!allowed && reason !== 'allowed')
    violations.push(violation(reason, detail || wordsFor[reason] || 'It was not allowed.'));
  return violations;
}

const wordsFor: Readonly<Partial<Record<ViolationKind, string>>> = {
  outside_window: 'Dialed outside the hours that campaign and laws allow.',
  cap_day: 'Dialed more often within 24 hours than allowed.',
  cap_week: 'Dialed more often within 7 days than allowed.',
};

function dialedTwice({ row, history, calls }: Case, dialedAtMs: number): string[] {
  const earlier = history.filter((one) => one.stage === 'invite' && one.id < row.id);
  if (row.attemptId !== null && earlier.some((one) => one.attemptId === row.attemptId))
    return ['The attempt was sent on its way a second time.'];
  const overlapping = earlier.find((one) => {
    const before = one.attemptId === null ? undefined : calls.get(one.attemptId);
    if (!before?.dialedAt) return false;
    return before.endedAt === null || before.endedAt.getTime() > dialedAtMs;
  });
  return overlapping ? [`The number was still in call ${overlapping.attemptId}.`] : [];
}

function factsOf({ row, history, rules }: Case): ContactFacts | null {
  const facts = recorded.safeParse(row.facts);
  if (!facts.success || rules === null) return null;
  const { country, regions, consent, registries, listed } = facts.data;
  const before = history.filter((one) => one.id < row.id);
  return {
    ...{ rules, consent, registries },
    place: { country, regions, zones: row.zones },
    listed: listOf(before, row.campaignId) ?? listed,
    dialed: before.filter(({ stage }) => stage === 'invite').map((one) => dialOf(one, row)),
    before: { campaign: 0, workspace: 0 },
  };
}

const dialOf = (one: LedgerRow, row: LedgerRow): DialFact => ({
  atMs: one.at.getTime(),
  sameCampaign: one.campaignId === row.campaignId,
});

/** Which list the number was on, by what was put on and taken off before. */
function listOf(before: readonly LedgerRow[], campaignId: string | null): ContactFacts['listed'] {
  const last = (list: string | null) =>
    before.findLast((one) => one.stage === 'list' && one.campaignId === list);
  if (last(null)?.allowed === false) return 'workspace';
  return campaignId !== null && last(campaignId)?.allowed === false ? 'campaign' : null;
}
