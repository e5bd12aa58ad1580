export { type Decided, decide, judgeAll, type Question } from './decide.ts';
export { type GatheredFacts, gatherFacts, type JudgedCampaign, type JudgedContact } from './gather-facts.ts';
export { readRegistries } from './gather-lists.ts';
export { groupBy } from './group-by.ts';
export { type AnsweredDay, judgeDays, undecided } from './judge-calls.ts';
export { judgeRange, unknownIn, type Verdict } from './judge-range.ts';
export { type DecisionFacts, type DecisionRow, recordDecisions } from './record-decisions.ts';
export { type JudgedCall, type LedgerRow, rejudge } from './rejudge.ts';
export type { Range, Violation, ViolationKind } from './violation.ts';
