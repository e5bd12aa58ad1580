import { and, desc, eq } from 'drizzle-orm';
import { callAnalyses } from '../../db/schema/call-analyses.ts';
import type { Disposition } from '../../db/schema/calls.ts';
import type { OperationContext } from '../context.ts';

export type CallAnalysis = typeof callAnalyses.$inferSelect;

export const sentiments = ['positive', 'neutral', 'negative', 'mixed'] as const;
export type Sentiment = (typeof sentiments)[number];

/** What one run makes of a call, by rules or by a model. */
export interface Findings {
  /** `rules`, or the name of the model. */
  readonly analyzedBy: string;
  /** Why no model was used, or what it could not do, in words. */
  readonly problem: string | null;
  readonly summary: string;
  readonly structured: unknown;
  readonly structuredProblem: string | null;
  readonly disposition: Disposition | null;
  readonly dispositionBy: 'rules' | 'model';
  readonly success: boolean | null;
  readonly successReason: string | null;
  readonly sentiment: Sentiment | null;
  readonly actionItems: string[];
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
}

/** The last finished analysis of a call; while there is none, the run that is under way. */
export async function latestAnalysis(
  ctx: Pick<OperationContext, 'db'>,
  callId: string,
): Promise<CallAnalysis | null> {
  const [latest] = await ctx.db
    .select()
    .from(callAnalyses)
    .where(eq(callAnalyses.callId, callId))
    // 'done' comes before 'pending'.
    .orderBy(callAnalyses.status, desc(callAnalyses.run))
    .limit(1);
  return latest ?? null;
}

export async function findRun(
  ctx: Pick<OperationContext, 'db'>,
  callId: string,
  run: number,
): Promise<CallAnalysis | null> {
  const [row] = await ctx.db
    .select()
    .from(callAnalyses)
    .where(and(eq(callAnalyses.callId, callId), eq(callAnalyses.run, run)));
  return row ?? null;
}
