import { llm } from '@livekit/agents';
import type { HandoffTarget } from '../../core/agents/definition.ts';
import { handOffSpec, handOffTarget, notHandedOver } from '../../core/tools/hand-off.ts';
import { HandOffRefused } from '../session/hand-off.ts';
import { depart, holdSpeech, reportedTool, type ToolKit } from './tool-kit.ts';

/** Lets another agent go on with the call. */
export const handOffTool = (kit: ToolKit, targets: readonly HandoffTarget[]): llm.FunctionTool =>
  reportedTool(kit, {
    ...handOffSpec(targets),
    run: async ({ to }, { ctx }) => {
      const target = handOffTarget(targets, to);
      const { speechHandle, session } = ctx;
      const stay = depart(kit, 'hand_off');
      const letGo = holdSpeech(speechHandle);
      try {
        await ctx.waitForPlayout();
        // What a cut speech has called for is dropped by the framework, so it must not be done either.
        if (speechHandle.interrupted) throw new llm.ToolError('You were interrupted. Listen first.');
        const agent = await kit.handOff(target.agentId);
        // A supervisor has cut it off meanwhile, and the call is the other agent's already.
        if (speechHandle.interrupted) session.updateAgent(agent);
        // The other agent comes in when everything that was called in this turn has come back.
        speechHandle.addDoneCallback(stay);
        return llm.handoff({ agent });
      } catch (error) {
        stay();
        throw error instanceof HandOffRefused ? notHandedOver(error.message) : error;
      } finally {
        letGo();
      }
    },
  });
