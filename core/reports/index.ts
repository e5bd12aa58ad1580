export { type CallSummary, getCallSummary, type ReportFrame, summaryGroups } from './get-call-summary.ts';
export { type Dashboard, getDashboard } from './get-dashboard.ts';
export {
  type DispositionSummary,
  dispositionGroups,
  getDispositionSummary,
} from './get-disposition-summary.ts';
export { getLatency, type LatencyOf, type LatencyReport, latencyGroups } from './get-latency.ts';
export { getWorkload, type Workload } from './get-workload.ts';
export type { Percentiles } from './percentiles.ts';
export { timeGroups, zoneField } from './period.ts';
export type { GroupOfReport } from './report-groups.ts';
export { rebuildRollups, rewriteRollups } from './rollups.ts';
export type { CallSums } from './summaries.ts';
