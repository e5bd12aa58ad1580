import type { llm, voice } from '@livekit/agents';
import { mcpTools, openMcpServers } from '../../core/tools/mcp-tools.ts';
import { background } from '../../platform/background.ts';
import { sharedTool, type ToolKit } from './tool-kit.ts';

/**
 * Adds the tools of the agent's MCP servers as soon as they are there, in a bounded time. A server that cannot be had
 * is reported, and the call goes on without it.
 */
export async function addToolServers(
  kit: ToolKit,
  own: readonly llm.FunctionTool[],
  started: Promise<voice.Agent>,
): Promise<void> {
  const { mcpServers } = kit.plan.definition;
  if (mcpServers.length === 0) return;
  const { allowHosts, credential, over } = kit;
  const opened = await openMcpServers(mcpServers, { allowHosts, credential, signal: over });
  const close = () => background(kit.log, 'leaving the tool servers', opened.close());
  if (over.aborted) return close();
  over.addEventListener('abort', close, { once: true });
  for (const { server, message } of opened.problems)
    kit.events.emit({
      type: 'error',
      source: 'tool',
      provider: server,
      message: `The tool server cannot be used: ${message}`,
      recoverable: true,
    });
  const names = own.map(({ name }) => name);
  const added = mcpTools(opened.sources, names).map((tool) => sharedTool(kit, tool));
  if (added.length > 0) await (await started).updateTools([...own, ...added]);
}
