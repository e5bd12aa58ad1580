import { llm } from '@livekit/agents';
import type { HandoffTarget } from '../../core/agents/definition.ts';
import { handOffSpec, handOffTarget, notHandedOver } from '../../core/tools/hand-off.ts';
import { HandOffRefused } from '../session/hand-off.ts';
import { reportedTool, type ToolKit } from './tool-kit.ts';

/** Lets another agent go on with the call. */
export const handOffTool = (kit: ToolKit, targets: readonly HandoffTarget[]): llm.FunctionTool =>
  reportedTool(kit, {
    ...handOffSpec(targets),
    run: async ({ to }, { ctx }) => {
      const target = handOffTarget(targets, to);
      await ctx.waitForPlayout();
      try {
        return llm.handoff({ agent: await kit.handOff(target.agentId) });
      } catch (error) {
        throw error instanceof HandOffRefused ? notHandedOver(error.message) : error;
      }
    },
  });
