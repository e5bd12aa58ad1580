import { createHash } from 'node:crypto';
import type { Agent } from './agent.ts';

/**
 * The version that a call runs: the live one, or for its share of the calls the second one. Decided by a hash of the
 * call's id, so asking again gives the same answer, and mixed with the version's id, so that the calls of one
 * experiment are not those of the next. Pure. See docs/decisions/0011.
 */
export function versionFor(
  agent: Pick<Agent, 'liveVersionId' | 'splitVersionId' | 'splitPercent'>,
  callId: string,
): string {
  const { liveVersionId, splitVersionId, splitPercent } = agent;
  if (splitVersionId === null || splitPercent === null) return liveVersionId;
  const hash = createHash('sha256').update(`${splitVersionId}:${callId}`).digest().readUInt32BE(0);
  return hash % 10_000 < splitPercent * 100 ? splitVersionId : liveVersionId;
}
