import type { AgentDefinition, BuiltInName } from '../agents/definition.ts';
import type { OperationContext } from '../context.ts';
import { readSecrets } from '../credentials/index.ts';
import { DomainError } from '../errors.ts';
import { customFunctionTool } from '../tools/custom-function.ts';
import { handOffSpec, handOffTarget, notHandedOver } from '../tools/hand-off.ts';
import { mcpTools, openMcpServers } from '../tools/mcp-tools.ts';
import { noteTool } from '../tools/notes.ts';
import { type RemoteToolName, remoteToolNames, remoteToolSpecs } from '../tools/remote-tools.ts';
import { type Tool, ToolError } from '../tools/tool.ts';
import type { Conversation } from './conversation.ts';
import { runConversationTool } from './run-tool.ts';

interface Hooks {
  readonly keepNote: (fields: Record<string, unknown>) => void;
  readonly end: () => void;
  /** Throws DomainError when that agent cannot go on. */
  readonly handOff: (agentId: string) => Promise<void>;
  readonly problem: (message: string) => void;
  readonly signal: AbortSignal;
}

export interface ChatTools {
  readonly tools: ReadonlyMap<string, Tool>;
  close(): Promise<void>;
}

/** What an agent can do in a chat: everything but what needs a line (transfer, keys). */
export async function chatTools(
  ctx: OperationContext,
  conversation: Conversation,
  definition: AgentDefinition,
  hooks: Hooks,
): Promise<ChatTools> {
  const secrets = await readSecrets(ctx, conversation.workspaceId, definition);
  const allowHosts = ctx.services.ports.allowedHosts;
  const credential = async (name: string) => secrets.get(name) ?? null;
  const headers = { 'x-trunkline-conversation': conversation.id };
  const has = (name: BuiltInName) => definition.builtIns.includes(name);
  const builtIn: Tool[] = [
    ...(has('end_call') ? [endTool(hooks.end)] : []),
    ...(has('take_note') ? [noteTool(definition, hooks.keepNote)] : []),
    ...(definition.handoffTargets.length > 0 ? [handOffTool(definition, hooks.handOff)] : []),
    ...remoteToolNames.filter(has).map((name) => storedTool(ctx, conversation, name)),
  ];
  const own = [
    ...builtIn,
    ...definition.functions.map((one) => customFunctionTool(one, { allowHosts, headers, credential })),
  ];
  const servers = await openMcpServers(definition.mcpServers, {
    ...{ allowHosts, credential },
    signal: hooks.signal,
  });
  for (const { server, message } of servers.problems)
    hooks.problem(`The tool server ${server} cannot be used: ${message}`);
  const added = mcpTools(
    servers.sources,
    own.map(({ name }) => name),
  );
  return { tools: new Map([...own, ...added].map((tool) => [tool.name, tool])), close: servers.close };
}

const endTool = (end: () => void): Tool => ({
  name: 'end_call',
  description:
    'Ends the conversation. Use it when the person has said goodbye or has everything they need. Say goodbye in the same turn, before calling it.',
  parameters: {},
  run: async () => {
    end();
    return { result: undefined };
  },
});

const handOffTool = ({ handoffTargets: targets }: AgentDefinition, handOff: Hooks['handOff']): Tool => ({
  ...handOffSpec(targets),
  run: async ({ to }) => {
    const target = handOffTarget(targets, to);
    try {
      await handOff(target.agentId);
    } catch (error) {
      throw error instanceof DomainError ? notHandedOver(error.message) : error;
    }
    return { result: `${target.name} goes on.` };
  },
});

function storedTool(ctx: OperationContext, conversation: Conversation, name: RemoteToolName): Tool {
  const { description, parameters } = remoteToolSpecs()[name];
  return {
    ...{ name, description, parameters },
    run: async (args, { toolCallId }) => {
      const { ok, words } = await runConversationTool(ctx, {
        conversationId: conversation.id,
        ...{ name, toolCallId, arguments: args },
      });
      if (!ok) throw new ToolError(words);
      return { result: words };
    },
  };
}
