import { z } from 'zod';
import type { ConverseRequest, Message } from '../../dialogue/converse.ts';
import { badRequest } from '../../http/fault.ts';

const part = z.looseObject({ type: z.string(), text: z.string().optional(), refusal: z.string().optional() });
const content = z
  .union([z.string(), z.array(part)])
  .nullish()
  .transform((value) =>
    Array.isArray(value) ? value.map(({ text, refusal }) => text ?? refusal ?? '').join(' ') : (value ?? ''),
  );

const toolCall = z.looseObject({
  id: z.string(),
  function: z.looseObject({ name: z.string(), arguments: z.string().default('{}') }),
});

const message = z.discriminatedUnion('role', [
  z.looseObject({ role: z.enum(['system', 'developer', 'user']), content }),
  z.looseObject({ role: z.literal('assistant'), content, tool_calls: z.array(toolCall).nullish() }),
  z.looseObject({ role: z.literal('tool'), content, tool_call_id: z.string() }),
]);

const tool = z.looseObject({
  type: z.string(),
  function: z
    .looseObject({ name: z.string().min(1), parameters: z.record(z.string(), z.unknown()).nullish() })
    .optional(),
});

export const chatRequest = z.looseObject({
  model: z.string().min(1).max(200),
  messages: z.array(message).min(1).max(5_000),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  tools: z.array(tool).max(256).nullish(),
  tool_choice: z
    .union([
      z.enum(['none', 'auto', 'required']),
      z.looseObject({ function: z.looseObject({ name: z.string() }) }),
    ])
    .nullish(),
});

export type ChatRequest = z.output<typeof chatRequest>;

/** Checks a request of `/v1/chat/completions`. Throws a Fault that names the parameter. */
export function parseChat(body: unknown): ChatRequest {
  const parsed = chatRequest.safeParse(body);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const param = issue?.path.reduce<string>(
    (path, key) =>
      typeof key === 'number' ? `${path}[${key}]` : path ? `${path}.${String(key)}` : String(key),
    '',
  );
  throw badRequest(
    `Invalid value for '${param || 'body'}': ${issue?.message ?? 'it does not fit'}.`,
    param || undefined,
  );
}

export function toMessage(wire: ChatRequest['messages'][number]): Message {
  switch (wire.role) {
    case 'assistant':
      return {
        role: 'assistant',
        text: wire.content,
        calls: (wire.tool_calls ?? []).map((call) => ({ id: call.id, name: call.function.name })),
      };
    case 'tool':
      return { role: 'tool', text: wire.content, callId: wire.tool_call_id };
    default:
      return { role: wire.role === 'user' ? 'user' : 'system', text: wire.content };
  }
}

export function toolChoice({ tool_choice: choice, tools }: ChatRequest): ConverseRequest['toolChoice'] {
  if (choice === null || choice === undefined) return 'auto';
  if (typeof choice === 'string') return choice;
  const { name } = choice.function;
  if (!tools?.some((offered) => offered.function?.name === name))
    throw badRequest(
      `tool_choice names the function '${name}', which is not among the tools.`,
      'tool_choice',
    );
  return { name };
}

export const offeredTools = ({ tools }: ChatRequest): ConverseRequest['tools'] =>
  (tools ?? []).flatMap(({ function: declared }) =>
    declared ? [{ name: declared.name, parameters: declared.parameters ?? undefined }] : [],
  );
