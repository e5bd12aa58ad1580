import { eq } from 'drizzle-orm';
import { z } from 'zod';
import { callAnalyses } from '../../db/schema/call-analyses.ts';
import { storable } from '../calls/storable.ts';
import type { OperationContext } from '../context.ts';
import { notFound } from '../errors.ts';
import { LanguageModelError } from '../language-model-error.ts';
import { operation } from '../operation.ts';
import { type Findings, findRun } from './analysis.ts';
import { analyseByModel } from './by-model.ts';
import { analyseByRules } from './by-rules.ts';
import { type Evidence, readEvidence } from './evidence.ts';

const input = z.object({
  callId: z.uuid(),
  run: z.number().int().min(1),
  /** For one answer of the model; it is asked at most twice. */
  timeoutMs: z.number().int().min(1).max(300_000).default(60_000),
});

/**
 * One run: asks the model outside of the transaction and writes what came of it; rules step in for a model that is not
 * there or fails, and the row says so. A run that is done stays as it is.
 */
export const analyzeCall = operation({
  name: 'call.analyze',
  scope: 'system',
  input,
  prepare: async (ctx, { callId, run, timeoutMs }) => {
    const row = await findRun(ctx, callId, run);
    if (!row) throw notFound('Analysis');
    if (row.status === 'done') return null;
    const startedAt = Date.now();
    const found = await analyse(ctx, await readEvidence(ctx, callId), timeoutMs);
    return { ...found, tookMs: Date.now() - startedAt };
  },
  run: async (ctx, { callId, run }, found: (Findings & { tookMs: number }) | null): Promise<void> => {
    if (found === null) return;
    const row = await findRun(ctx, callId, run);
    // Somebody else was faster with the same run.
    if (row?.status !== 'pending') return;
    await ctx.db
      .update(callAnalyses)
      .set({ ...(storable(found) as typeof found), status: 'done', finishedAt: new Date() })
      .where(eq(callAnalyses.id, row.id));
    const { analyzedBy, problem, tookMs } = found;
    ctx.log.info({ callId, run, analyzedBy, problem, tookMs }, 'a call is analysed');
  },
});

async function analyse(ctx: OperationContext, evidence: Evidence, timeoutMs: number): Promise<Findings> {
  const model = ctx.services.ports.languageModel;
  if (model === null)
    return analyseByRules(evidence, 'No language model is configured (OPENAI_API_KEY or OPENAI_BASE_URL).');
  try {
    return await analyseByModel(model, evidence, { timeoutMs });
  } catch (error) {
    if (!(error instanceof LanguageModelError)) throw error;
    return analyseByRules(evidence, error.message);
  }
}
