import { type FilledVersion, fillVersion } from '../agents/fill-version.ts';
import type { OperationContext } from '../context.ts';
import type { Call } from './call.ts';

type Fillable = Pick<
  Call,
  | ('id' | 'agentVersionId' | 'fromNumber' | 'toNumber' | 'direction')
  | ('variables' | 'dialedAt' | 'createdAt' | 'currentVersionId')
>;

/** What the agent of a call says in this very call; after a hand-off, the agent that has it now. */
export async function fillCall(ctx: Pick<OperationContext, 'db'>, call: Fillable): Promise<FilledVersion> {
  return fillVersion(ctx, call.currentVersionId ?? call.agentVersionId, {
    callerNumber: call.fromNumber,
    calledNumber: call.toNumber,
    direction: call.direction,
    // Not the moment of asking: whoever asks again gets the same texts.
    at: call.dialedAt ?? call.createdAt,
    variables: call.variables,
  });
}
