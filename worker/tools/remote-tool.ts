import type { llm } from '@livekit/agents';
import { internalPaths } from '../../core/calls/plan.ts';
import { type RemoteToolName, remoteToolAnswer, remoteToolSpecs } from '../../core/tools/remote-tools.ts';
import { ToolError } from '../../core/tools/tool.ts';
import { retry } from '../../platform/retry.ts';
import { sharedTool, type ToolKit } from './tool-kit.ts';

const requestTimeoutMs = 4_000;

/** A built-in function that the control plane carries out. Asked again after a fault: one use of it counts once. */
export function remoteTool(kit: ToolKit, name: RemoteToolName): llm.FunctionTool {
  const { description, parameters } = remoteToolSpecs()[name];
  return sharedTool(kit, {
    ...{ name, description, parameters },
    // What is promised must not be left half done because the caller says "yes" meanwhile.
    interruptible: false,
    run: async (args, { toolCallId }) => {
      const key = kit.uses.key(kit.plan.epoch, toolCallId);
      const { ok, words } = await retry(() => ask(kit, name, key, args), {
        attempts: 3,
        baseMs: 100,
        maxMs: 500,
      });
      if (!ok) throw new ToolError(words);
      return { result: words };
    },
  });
}

async function ask(
  { plan, controlPlane, personNumber }: ToolKit,
  name: RemoteToolName,
  toolCallId: string,
  args: Record<string, unknown>,
) {
  const response = await fetch(controlPlane.url + internalPaths.tools(plan.callId), {
    method: 'POST',
    headers: { authorization: `Bearer ${controlPlane.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      epoch: plan.epoch,
      ...{ toolCallId, name },
      arguments: args,
      personNumber: personNumber(),
    }),
    signal: AbortSignal.timeout(requestTimeoutMs),
  });
  if (!response.ok) throw new Error(`The control plane answered ${response.status}.`);
  return remoteToolAnswer.parse(await response.json());
}
