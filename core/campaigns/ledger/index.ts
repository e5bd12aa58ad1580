export { type Decided, decide } from './decide.ts';
export { gatherFacts, type JudgedCampaign, type JudgedContact } from './gather-facts.ts';
export { groupBy } from './group-by.ts';
export { judgeRange, type Verdict } from './judge-range.ts';
export { type DecisionFacts, type DecisionRow, recordDecisions } from './record-decisions.ts';
export type { Range, Violation, ViolationKind } from './violation.ts';
