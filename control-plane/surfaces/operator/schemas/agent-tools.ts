import { z } from 'zod';
import { agentDefinition, customFunction, mcpServer } from '../../../../core/agents/definition.ts';

const is = agentDefinition.shape;
const fn = customFunction.shape;
const mcp = mcpServer.shape;

const functionIn = z.object({
  name: fn.name,
  description: fn.description,
  url: fn.url,
  method: fn.method,
  headers: fn.headers,
  parameters: fn.parameters,
  timeout_ms: fn.timeoutMs,
  credential: fn.credential.meta({ description: 'Name of a credential of the workspace.' }),
  retries: fn.retries.meta({ description: 'Null: 1, and 0 for POST and PATCH.' }),
  wait_texts: fn.waitTexts,
  wait_after_ms: fn.waitAfterMs,
  interruptible: fn.interruptible,
  max_result_bytes: fn.maxResultBytes,
});
export type FunctionFields = z.output<typeof functionIn>;

const mcpServerIn = z.object({
  name: mcp.name,
  url: mcp.url,
  transport: mcp.transport,
  headers: mcp.headers,
  credential: mcp.credential,
  tools: mcp.tools.meta({ description: 'Names of the tools that may be used. Empty: all.' }),
  timeout_ms: mcp.timeoutMs,
  max_result_bytes: mcp.maxResultBytes,
});

/** What an agent can do. Of these document 002 has `custom_functions`, with the first six fields of each. */
export const toolFields = {
  custom_functions: z.array(functionIn).max(100).optional(),
  built_in_functions: is.builtIns.unwrap().optional(),
  mcp_servers: z.array(mcpServerIn).max(10).optional(),
  note_schema: is.noteSchema
    .unwrap()
    .optional()
    .meta({ description: 'JSON Schema of what take_note keeps. Empty: one text.' }),
  remember_thread: is.rememberThread
    .unwrap()
    .optional()
    .meta({ description: 'The agent is told what was said in the same thread before.' }),
};

const hiddenHeaders = z
  .record(z.string(), z.string())
  .meta({ description: 'Values are hidden from members.' });

export const toolOut = {
  custom_functions: z.array(
    z.object({
      name: z.string(),
      description: z.string(),
      url: z.string(),
      method: z.string(),
      headers: hiddenHeaders,
      parameters: z.record(z.string(), z.unknown()),
      timeout_ms: z.number(),
      credential: z.string(),
      retries: z.number().nullable(),
      wait_texts: z.array(z.string()),
      wait_after_ms: z.number(),
      interruptible: z.boolean(),
      max_result_bytes: z.number(),
    }),
  ),
  built_in_functions: z.array(z.string()),
  mcp_servers: z.array(
    z.object({
      name: z.string(),
      url: z.string(),
      transport: z.enum(['http', 'sse']),
      headers: hiddenHeaders,
      credential: z.string(),
      tools: z.array(z.string()),
      timeout_ms: z.number(),
      max_result_bytes: z.number(),
    }),
  ),
  note_schema: z.record(z.string(), z.unknown()),
  remember_thread: z.boolean(),
};

export const toolWireNames = {
  'definition.functions': 'custom_functions',
  'definition.builtIns': 'built_in_functions',
  'definition.mcpServers': 'mcp_servers',
  'definition.noteSchema': 'note_schema',
  'definition.rememberThread': 'remember_thread',
};
