import {
  type AnsweredDay,
  type DecisionRow,
  type JudgedCall,
  judgeDays,
  type LedgerRow,
  type Range,
  rejudge,
  undecided,
  type Violation,
} from '../../ledger/index.ts';
import type { RuleSettings } from '../../rules/index.ts';
import type { Figures } from '../report.ts';
import { inOrder } from './in-order.ts';

interface JudgedDial extends JudgedCall {
  readonly workspaceId: string;
  readonly campaignId: string;
  readonly phone: string;
}

/** The decision ledger of a simulation: what the judge and the report ask it for. */
export class MemoryLedger {
  /** Decisions to dial and changes of lists by number, in their order. */
  readonly #byPhone = new Map<string, LedgerRow[]>();
  readonly #invited: LedgerRow[] = [];
  readonly #refused = new Map<string, { decisions: number; readonly people: Set<string | null> }>();
  #last = 0;

  append(rows: readonly DecisionRow[]): void {
    for (const row of rows) this.#append(row, ++this.#last);
  }

  #append({ atMs, ...row }: DecisionRow, id: number): void {
    if (row.stage !== 'list' && !row.allowed) {
      const refused = this.#refused.get(row.reason) ?? { decisions: 0, people: new Set() };
      this.#refused.set(row.reason, refused);
      refused.decisions++;
      refused.people.add(row.contactId);
      return;
    }
    if (row.stage !== 'list' && row.stage !== 'invite') return;
    // Zones are shared: nobody changes them.
    const kept: LedgerRow = { ...row, id, at: new Date(atMs), zones: row.zones as string[] };
    const known = this.#byPhone.get(row.phone);
    if (known) known.push(kept);
    else this.#byPhone.set(row.phone, [kept]);
    if (row.stage === 'invite') this.#invited.push(kept);
  }

  /** Calls that the rules did not allow, by reason, in alphabetical order. */
  blocked(): Figures['blocked'] {
    return inOrder(this.#refused).map(([reason, { decisions, people }]) => ({
      ...{ reason, decisions, people: people.size },
    }));
  }

  /** What `judgeRange` does in the database, with the same judge. */
  judge(
    { from, to }: Range,
    dials: ReadonlyMap<string, JudgedDial>,
    { rules, days }: { readonly rules: RuleSettings; readonly days: readonly AnsweredDay[] },
    found: (violation: Violation) => void,
  ): { decisions: number; calls: number } {
    const isWithin = (at: Date | null): boolean => at !== null && at >= from && at < to;
    const judged = this.#invited.filter(({ at }) => isWithin(at));
    for (const row of judged) {
      const history = this.#byPhone.get(row.phone) ?? [];
      for (const violation of rejudge({ row, history, calls: dials, rules })) found(violation);
    }
    const decided = new Set(this.#invited.map(({ attemptId }) => attemptId));
    const looked = [...dials.values()].filter(({ dialedAt }) => isWithin(dialedAt));
    for (const { id, workspaceId, campaignId, phone, dialedAt } of looked)
      if (dialedAt && !decided.has(id))
        found(undecided({ workspaceId, campaignId, callId: id, phone, at: dialedAt }));
    judgeDays(days, { from }, found);
    return { decisions: judged.length, calls: looked.length };
  }
}
