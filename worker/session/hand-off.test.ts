import { initializeLogger, voice } from '@livekit/agents';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { beforeAll, expect, test, vi } from 'vitest';
import { agentDefinition } from '../../core/agents/definition.ts';
import type { CallPlan } from '../../core/calls/plan.ts';
import { createLogger } from '../../platform/log.ts';
import { serve } from '../../test/harness/serve.ts';
import { addToolServers } from '../tools/index.ts';
import { sharedTool, type ToolKit } from '../tools/tool-kit.ts';
import { ToolUses } from '../tools/tool-uses.ts';
import { addToContext } from './control/silence.ts';
import type { Faults } from './faults.ts';
import { HandOffRefused, handOff } from './hand-off.ts';
import { resumedContext } from './history.ts';
import type { CallParts } from './parts.ts';
import type { Speech } from './speech.ts';

beforeAll(() => initializeLogger({ pretty: false, level: 'silent' }));

const id = (last: number) => `0198f3c0-0000-7000-8000-00000000000${last}`;
const rosa = { id: id(1), versionId: id(2), name: 'Rosa' };
const billing = { id: id(3), versionId: id(4), name: 'Billing' };

/** A call of Rosa's, in which whoever is asked for is Billing. */
async function rig({ env = {}, mcpServers = [] }: { env?: object; mcpServers?: object[] }) {
  const asked: object[] = [];
  const plan: CallPlan = {
    ...{ callId: id(5), epoch: 1, workspaceId: id(6), agent: rosa, channel: 'phone', direction: 'inbound' },
    ...{ roomName: 'room', callerIdentity: null, fromNumber: null, toNumber: null, variables: {} },
    ...{ definition: agentDefinition.parse({}), joinTimeoutMs: 1_000, resume: null },
  };
  const definition = agentDefinition.parse({ systemPrompt: 'You do the billing.', mcpServers });
  const host = await serve(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    asked.push(JSON.parse(Buffer.concat(chunks).toString()));
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ ok: true, plan: { ...plan, agent: billing, definition } }));
  });
  const log = createLogger('test', { level: 'silent' });
  const events = { emit: vi.fn() };
  const parts = {
    ...{ plan, log, events, outcome: {}, patience: { follow: () => undefined } },
    turns: { servedBy: () => undefined },
    cues: { servedBy: () => undefined },
    host: {
      config: { env, controlPlaneUrl: `http://${host}`, secrets: { internalToken: 'token' } },
    },
  } as unknown as CallParts;
  const session = new voice.AgentSession({ vad: null, turnHandling: { turnDetection: null } });
  const chatCtx = resumedContext({ history: [{ role: 'user', text: 'I am Ada.' }], answeredAt: 1 });
  await session.start({ agent: new voice.Agent({ instructions: 'You are Rosa.', chatCtx }), record: false });
  const over = new AbortController();
  const tools = () => {
    const kit = {
      ...{ plan: parts.plan, events, log, uses: new ToolUses(), over: over.signal },
      allowHosts: mcpServers.map(({ url }: { url?: string }) => new URL(url ?? '').host),
      credential: async () => null,
    } as unknown as ToolKit;
    const own = [
      sharedTool(kit, { name: 'own', description: '', parameters: {}, run: async () => ({ result: 1 }) }),
    ];
    return { tools: own, addServers: (agent: Promise<voice.Agent>) => addToolServers(kit, own, agent) };
  };
  const speech = { use: () => undefined, phrase: () => '', saySoon: () => undefined } as unknown as Speech;
  const nothing = () => undefined;
  const faults = {
    ...{ onFault: nothing, onSwitch: nothing, onExhausted: nothing, onDeaf: nothing, onLost: nothing },
    ...{ filler: () => [], restartText: '' },
  } as unknown as Faults;
  const go = () =>
    handOff(
      {
        ...{ parts, session, speech, faults, tools },
        silence: { on: true } as never,
      },
      billing.id,
    );
  const end = async () => {
    over.abort();
    await session.close();
  };
  return { go, asked, parts, session, events, end };
}

const saidTo = (agent: voice.Agent) =>
  agent.chatCtx.items.flatMap((item) => (item.type === 'message' ? [item.textContent] : []));

/** Of the official SDK, with one tool. */
const ledger = () =>
  serve(async (request, response) => {
    const transport = new StreamableHTTPServerTransport({});
    response.on('close', () => void transport.close());
    const server = new McpServer({ name: 'ledger', version: '1' });
    server.registerTool('balance', { description: 'What is owed' }, async () => ({
      content: [{ type: 'text', text: '12 dollars' }],
    }));
    await server.connect(transport as Parameters<McpServer['connect']>[0]);
    await transport.handleRequest(request, response);
  });

test('the agent that takes over has the tools of its MCP servers', async () => {
  const url = `http://${await ledger()}/mcp`;
  const { go, session, end } = await rig({
    env: { SPEECH_URL: 'http://127.0.0.1:9' },
    mcpServers: [{ name: 'ledger', url }],
  });
  const { agent, providers } = await go();
  session.updateAgent(agent);
  await vi.waitFor(
    () => {
      expect(session.currentAgent).toBe(agent);
      expect(Object.keys(agent.toolCtx.functionTools).sort()).toEqual(['balance', 'own']);
    },
    { timeout: 10_000 },
  );
  await end();
  await providers.close();
});

test('the agent that takes over knows what was said before its worker had the call, and to a colleague', async () => {
  const { go, session, end } = await rig({ env: { SPEECH_URL: 'http://127.0.0.1:9' } });
  await addToContext(session, (context) =>
    context.addMessage({ role: 'user', content: 'My bill is wrong.' }),
  );
  const { agent, providers } = await go();
  expect(saidTo(agent)).toEqual(['I am Ada.', 'My bill is wrong.']);
  await end();
  await providers.close();
});

test('an agent that nobody can speak for does not get the call, nor does a rescue bring it', async () => {
  const { go, asked, parts, events, end } = await rig({});
  await expect(go()).rejects.toThrow(HandOffRefused);
  await vi.waitFor(
    () =>
      expect(asked).toEqual([
        { epoch: 1, agentId: billing.id, fromVersionId: rosa.versionId },
        { epoch: 1, agentId: rosa.id, versionId: rosa.versionId, fromVersionId: billing.versionId },
      ]),
    { timeout: 10_000 },
  );
  expect(parts.plan.agent).toEqual(rosa);
  expect(events.emit).toHaveBeenCalledWith(
    expect.objectContaining({ type: 'agent.handed_off', ok: false, toName: 'Billing' }),
  );
  await end();
});
