import type { Logger } from '../../platform/log.ts';
import type { ModelToolCall } from '../ports.ts';
import { neutralFailure, type Tool, ToolError, type ToolUse } from '../tools/tool.ts';
import type { ToolUseRecord } from './message.ts';

/**
 * Carries out what a model has called, whatever it has written there. Never rejects: a failure is words for the model.
 */
export async function carryOut(
  { name, arguments: text }: ModelToolCall,
  tools: ReadonlyMap<string, Tool>,
  use: ToolUse,
  log: Logger,
): Promise<Pick<ToolUseRecord, 'ok' | 'result' | 'status' | 'attempts'>> {
  try {
    const tool = tools.get(name);
    if (!tool)
      throw new ToolError(
        `There is no function ${name}; there are ${[...tools.keys()].join(', ') || 'none'}.`,
      );
    const { result, ...facts } = await tool.run(argumentsIn(text), use);
    return { ok: true, result: result ?? null, ...facts };
  } catch (error) {
    if (error instanceof ToolError) return { ok: false, result: error.message, ...error.facts };
    log.error({ err: error, tool: name }, 'a tool failed');
    return { ok: false, result: neutralFailure };
  }
}

function argumentsIn(text: string): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text.trim() === '' ? '{}' : text);
  } catch {
    throw new ToolError('The arguments are no JSON. Call the function again with a JSON object.');
  }
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed))
    return parsed as Record<string, unknown>;
  throw new ToolError('The arguments must be one JSON object.');
}
