import { llm } from '@livekit/agents';
import { notDone, reportedTool, type ToolKit } from './tool-kit.ts';

/** Lets the agent hang up. The last words are played to their end first. */
export const endCallTool = (kit: ToolKit): llm.FunctionTool =>
  reportedTool(kit, {
    name: 'end_call',
    description:
      'Hangs up. Use it when the caller has said goodbye or has everything they need. Say goodbye in the same turn, before calling it. Do not use it while the caller still wants something.',
    parameters: {},
    run: async (_args, { ctx }) => {
      const problem = kit.hangUpAfter(ctx.speechHandle);
      if (problem !== undefined) throw new llm.ToolError(notDone(problem));
      // No result: the model is not asked for another reply.
      return undefined;
    },
  });
