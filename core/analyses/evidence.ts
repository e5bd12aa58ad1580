import { eq } from 'drizzle-orm';
import { calls } from '../../db/schema/calls.ts';
import type { AgentDefinition } from '../agents/definition.ts';
import type { Call } from '../calls/call.ts';
import { fillCall } from '../calls/fill-call.ts';
import { type ToolUse, toolsOf } from '../calls/tool-uses.ts';
import { readEvents, type TranscriptTurn, transcriptOf } from '../calls/transcript.ts';
import type { OperationContext } from '../context.ts';
import { notFound } from '../errors.ts';

/** Everything that is known about a call when it is analysed. */
export interface Evidence {
  readonly call: Pick<Call, 'channel' | 'direction' | 'disposition' | 'endReason' | 'durationMs'>;
  readonly agentName: string;
  readonly definition: AgentDefinition;
  readonly variables: Readonly<Record<string, string>>;
  readonly transcript: readonly Pick<TranscriptTurn, 'role' | 'text'>[];
  readonly tools: readonly ToolUse[];
}

export async function readEvidence(ctx: Pick<OperationContext, 'db'>, callId: string): Promise<Evidence> {
  const [call] = await ctx.db.select().from(calls).where(eq(calls.id, callId));
  if (!call) throw notFound('Call');
  const events = await readEvents(ctx.db, callId);
  const { agentName, definition, variables } = await fillCall(ctx, {
    ...call,
    // Judged by the agent that the call was for.
    currentVersionId: null,
  });
  return {
    ...{ call, agentName, definition, variables },
    transcript: transcriptOf(events).filter(({ text }) => text.trim() !== ''),
    tools: toolsOf(events),
  };
}
