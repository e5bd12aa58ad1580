import type { llm } from '@livekit/agents';
import type { BuiltInName } from '../../core/agents/definition.ts';
import { targetsOf } from '../../core/calls/transfers/targets.ts';
import { remoteToolNames } from '../../core/tools/remote-tools.ts';
import { collectDigitsTool } from './collect-digits.ts';
import { customFunction } from './custom-function.ts';
import { endCallTool } from './end-call.ts';
import { handOffTool } from './hand-off.ts';
import { remoteTool } from './remote-tool.ts';
import { sendDtmfTool } from './send-dtmf.ts';
import { takeNoteTool } from './take-note.ts';
import type { ToolKit } from './tool-kit.ts';
import { transferCallTool } from './transfer-call.ts';

export type { ToolKit } from './tool-kit.ts';
export { addToolServers } from './tool-servers.ts';
export { ToolUses } from './tool-uses.ts';
export { reportUnknownCalls } from './unknown-calls.ts';

/** The tools of one call: the agent's own functions, and the built-in ones that it has and that can work here. */
export function callTools(kit: ToolKit): llm.FunctionTool[] {
  const { functions, builtIns, handoffTargets } = kit.plan.definition;
  const targets = targetsOf(kit.plan.definition);
  const has = (name: BuiltInName) => builtIns.includes(name);
  const isPhone = kit.plan.channel === 'phone';
  const builtIn = [
    ...(has('end_call') ? [endCallTool(kit)] : []),
    ...(has('transfer_call') && targets.length > 0 ? [transferCallTool(kit, targets)] : []),
    ...(handoffTargets.length > 0 ? [handOffTool(kit, handoffTargets)] : []),
    ...(has('send_dtmf') && isPhone ? [sendDtmfTool(kit)] : []),
    ...(has('collect_digits') ? [collectDigitsTool(kit)] : []),
    ...(has('take_note') ? [takeNoteTool(kit)] : []),
    ...remoteToolNames.filter(has).map((name) => remoteTool(kit, name)),
  ];
  const own = functions.filter(({ name }) => !builtIn.some((tool) => tool.name === name));
  return [...own.map((definition) => customFunction(kit, definition)), ...builtIn];
}
