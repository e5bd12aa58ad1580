import type { z } from 'zod';
import type { CallAnalysis } from '../../../../core/analyses/index.ts';
import type { analysisOut } from '../schemas/analysis.ts';

export const presentAnalysis = (analysis: CallAnalysis): z.input<typeof analysisOut> => ({
  run: analysis.run,
  status: analysis.status,
  analyzed_by: analysis.analyzedBy,
  problem: analysis.problem,
  summary: analysis.summary,
  structured: analysis.structured ?? null,
  structured_problem: analysis.structuredProblem,
  disposition: analysis.disposition,
  disposition_by: analysis.dispositionBy,
  success: analysis.success,
  success_reason: analysis.successReason,
  sentiment: analysis.sentiment,
  action_items: analysis.actionItems,
  prompt_tokens: analysis.promptTokens,
  completion_tokens: analysis.completionTokens,
  took_ms: analysis.tookMs,
  requested_at: analysis.createdAt.toISOString(),
  finished_at: analysis.finishedAt?.toISOString() ?? null,
});
