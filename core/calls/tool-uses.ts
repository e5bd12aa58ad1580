import type { CallEvent } from './events.ts';

/** One use of a function in a call. */
export interface ToolUse {
  /** Epoch ms. */
  readonly at: number;
  readonly name: string;
  readonly arguments: unknown;
  /** Null: it never came back. */
  readonly ok: boolean | null;
  readonly result: unknown;
}

/**
 * Everything that a model has called. Models repeat the ids of their calls: of those with the same one, the first that
 * came back is of the first.
 */
export function toolsOf(events: readonly CallEvent[]): ToolUse[] {
  const returned = events.filter((event) => event.type === 'tool.returned');
  return events.flatMap((event) => {
    if (event.type !== 'tool.called') return [];
    const at = returned.findIndex(
      ({ epoch, toolCallId, name }) =>
        epoch === event.epoch && toolCallId === event.toolCallId && name === event.name,
    );
    const [back] = at < 0 ? [] : returned.splice(at, 1);
    return [
      {
        at: event.at,
        name: event.name,
        arguments: event.arguments,
        ok: back?.ok ?? null,
        result: back?.result ?? null,
      },
    ];
  });
}

const longestUse = 2_500;

/** A use, in words for whoever goes on with the call. */
export function wordsOfUse({ name, arguments: given, ok, result }: ToolUse): string {
  const call = `${name}(${asText(given)})`;
  if (ok === null) return `${cut(call)} was begun, and nobody knows whether it was done.`;
  return cut(`${call} ${ok ? 'answered' : 'failed'}: ${asText(result)}`);
}

const asText = (value: unknown): string =>
  typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
const cut = (text: string): string => (text.length > longestUse ? `${text.slice(0, longestUse)}…` : text);
