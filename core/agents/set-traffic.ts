import { z } from 'zod';
import { DomainError, invalid } from '../errors.ts';
import { versionField } from '../fields.ts';
import { operation } from '../operation.ts';
import { findAgent } from './agent.ts';
import { changeAgent, findVersion, findVersionById } from './versions.ts';

export interface Traffic {
  readonly liveVersion: number;
  readonly livePercent: number;
  /** Null: every call runs the live version. */
  readonly splitVersion: number | null;
  readonly splitPercent: number;
}

const input = z.object({
  agentId: z.string(),
  /** The version that runs beside the live one; null: none does. */
  version: versionField.nullable(),
  /** Its share of the calls that begin from now on. 0 ends the split, 100 is for publishing. */
  percent: z.number().int().min(0).max(99).default(0),
});

/** Lets a second version take a share of the calls. Throws not_found for a version there is not. */
export const setTraffic = operation({
  name: 'agent.set_traffic',
  scope: 'developer',
  input,
  audit: ({ agentId, version, percent }) => ({ target: agentId, details: { version, percent } }),
  run: async (ctx, { agentId, version, percent }): Promise<Traffic> => {
    const agent = await findAgent(ctx, agentId, { lock: true });
    const live = await findVersionById(ctx, agent.liveVersionId);
    if (version === null || percent === 0) {
      if (version === null && percent !== 0)
        throw invalid('version', 'a share needs a version that takes it');
      await changeAgent(ctx, agentId, { splitVersionId: null, splitPercent: null });
      return { liveVersion: live.version, livePercent: 100, splitVersion: null, splitPercent: 0 };
    }
    const split = await findVersion(ctx, agentId, version);
    if (split.id === live.id)
      throw new DomainError('conflict', `Version ${version} is the live one: it has the rest of the calls.`);
    await changeAgent(ctx, agentId, { splitVersionId: split.id, splitPercent: percent });
    return {
      liveVersion: live.version,
      livePercent: 100 - percent,
      splitVersion: version,
      splitPercent: percent,
    };
  },
});
