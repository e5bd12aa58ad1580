import type { llm } from '@livekit/agents';
import type { CustomFunction } from '../../core/agents/definition.ts';
import { customFunctionTool } from '../../core/tools/custom-function.ts';
import { sharedTool, type ToolKit } from './tool-kit.ts';

/** A function of the agent's owner, over HTTP. */
export const customFunction = (kit: ToolKit, definition: CustomFunction): llm.FunctionTool =>
  sharedTool(
    kit,
    customFunctionTool(definition, {
      allowHosts: kit.allowHosts,
      headers: { 'x-trunkline-call': kit.plan.callId },
      credential: kit.credential,
    }),
  );
