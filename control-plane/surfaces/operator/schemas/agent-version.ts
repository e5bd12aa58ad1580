import { z } from 'zod';
import { agentOut } from './agent.ts';

const problems = z.array(z.object({ field: z.string(), message: z.string() }));

export const agentCheckOut = z
  .object({
    errors: problems.meta({ description: 'Keep the agent from working; with them it cannot be published.' }),
    warnings: problems.meta({ description: 'Worth a look; they keep nothing from being published.' }),
  })
  .meta({ id: 'AgentCheck' });

export const agentDraftOut = agentCheckOut
  .extend({
    agent: agentOut.meta({ description: 'The agent as it would be if the draft were live.' }),
    base_version: z.number().int().meta({ description: 'Live when the draft was begun.' }),
    live_version: z.number().int(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'AgentDraft' });

export const agentVersionOut = z
  .object({
    version: z.number().int(),
    note: z.string(),
    percent: z.number().int().meta({ description: 'Of 100 calls that begin now, so many run it.' }),
    is_trial: z
      .boolean()
      .meta({ description: 'Kept of a draft to be tried, and not live since: rolling back passes it over.' }),
    created_by: z.uuid().nullable(),
    created_at: z.iso.datetime(),
  })
  .meta({ id: 'AgentVersion' });

export const agentVersionDetailOut = agentVersionOut
  .extend({ agent: agentOut.meta({ description: 'The agent as it would be if this version were live.' }) })
  .meta({ id: 'AgentVersionDetail' });

export const trafficOut = z
  .object({
    live_version: z.number().int(),
    live_percent: z.number().int(),
    split_version: z.number().int().nullable(),
    split_percent: z.number().int(),
  })
  .meta({ id: 'AgentTraffic' });
