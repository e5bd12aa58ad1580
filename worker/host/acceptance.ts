import type { Job } from '@livekit/protocol';
import { agentIdentity, agentStateAttribute, callIdAttribute } from '../../core/calls/plan.ts';
import { readMetadata } from '../session/plan.ts';

/** Under what name an agent joins. */
export interface Acceptance {
  readonly identity: string;
  readonly name: string;
  readonly attributes: Record<string, string>;
}

/** Who the agent of a job is in its room; null when the dispatch is not ours. */
export function identityOf(job: Pick<Job, 'id' | 'metadata'>): Acceptance | null {
  const attributes = { [agentStateAttribute]: 'joining' };
  try {
    const metadata = readMetadata(job.metadata);
    // Which call an inbound one is, only the control plane knows.
    if (metadata.kind === 'inbound') return { identity: `agent-${job.id}`, name: 'Agent', attributes };
    const { callId, epoch } = metadata.kind === 'plan' ? metadata.plan : metadata;
    return {
      identity: agentIdentity(callId, epoch),
      name: 'Agent',
      attributes: { ...attributes, [callIdAttribute]: callId },
    };
  } catch {
    return null;
  }
}
