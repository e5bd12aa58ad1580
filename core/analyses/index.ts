export type { CallAnalysis } from './analysis.ts';
export { analyzeCall } from './analyze.ts';
export { requestAnalysis } from './request.ts';
