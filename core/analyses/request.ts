import { z } from 'zod';
import { findCall, lockCall } from '../calls/call.ts';
import { DomainError } from '../errors.ts';
import { operation } from '../operation.ts';
import type { CallAnalysis } from './analysis.ts';
import { beginRun } from './begin-run.ts';

/** Has a call analysed (again), old ones too. Throws conflict while the call is not over. */
export const requestAnalysis = operation({
  name: 'call.request_analysis',
  scope: 'developer',
  input: z.object({ callId: z.string() }),
  audit: ({ callId }, analysis: CallAnalysis) => ({ target: callId, details: { run: analysis.run } }),
  run: async (ctx, { callId }) => {
    await findCall(ctx, callId);
    const call = await lockCall(ctx, callId);
    if (call.finalizedAt === null) throw new DomainError('conflict', 'The call is not over yet.');
    return beginRun(ctx, call);
  },
});
