import type { ToolUse } from './schema.ts';
import type { SlotValue } from './slots/slot-value.ts';
import { fillTemplate } from './variables.ts';

/** A function the agent offers, with the JSON schema of its parameters. */
export interface OfferedTool {
  readonly name: string;
  readonly parameters?: Readonly<Record<string, unknown>> | undefined;
}

interface Property {
  readonly type?: unknown;
  readonly format?: unknown;
  readonly description?: unknown;
}

const plainName = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '');

/** The offered tool that the dialogue means, by any of its names. */
export function findTool(use: ToolUse, offered: readonly OfferedTool[]): OfferedTool | undefined {
  const names = [use.name, ...use.aliases].map(plainName);
  return names.flatMap((name) => offered.find((tool) => plainName(tool.name) === name) ?? [])[0];
}

/**
 * The arguments for the tool as it is declared: only parameters it knows (also under a longer name, such as
 * `customer_name`), dates and times in ISO form where its schema asks for them.
 */
export function toolArguments(
  use: ToolUse,
  tool: OfferedTool,
  values: { slots: Readonly<Record<string, SlotValue>>; variables: Readonly<Record<string, string>> },
): Record<string, unknown> {
  const properties = propertiesOf(tool);
  const result: Record<string, unknown> = {};
  for (const [key, template] of Object.entries(use.arguments)) {
    const name = properties ? matchingProperty(key, Object.keys(properties)) : key;
    if (name === undefined) continue;
    const property = properties?.[name] ?? {};
    const text = fillTemplate(template, {
      ...values.variables,
      ...slotTexts(values.slots, wantsIso(property)),
    });
    if (text !== '') result[name] = typed(text, property);
  }
  return result;
}

export const slotTexts = (
  slots: Readonly<Record<string, SlotValue>>,
  canonical: boolean,
): Record<string, string> =>
  Object.fromEntries(
    Object.entries(slots).map(([name, value]) => [name, canonical ? value.canonical : value.spoken]),
  );

function propertiesOf(tool: OfferedTool): Readonly<Record<string, Property>> | undefined {
  const properties = tool.parameters?.properties;
  if (typeof properties !== 'object' || properties === null) return undefined;
  return properties as Readonly<Record<string, Property>>;
}

const matchingProperty = (key: string, names: readonly string[]): string | undefined =>
  names.find((name) => name === key) ??
  names.find((name) => plainName(name).endsWith(plainName(key))) ??
  names.find((name) => plainName(name).startsWith(plainName(key)));

/** Phone numbers and e-mail addresses are always better for a machine as they are written. */
const wantsIso = ({ format, description }: Property): boolean =>
  (typeof format === 'string' && /^(date|time|date-time|phone|email)$/.test(format)) ||
  (typeof description === 'string' && /iso|yyyy|24.?h|hh:mm|e\.?164|digits/i.test(description));

function typed(text: string, { type }: Property): unknown {
  if ((type === 'number' || type === 'integer') && Number.isFinite(Number(text))) return Number(text);
  return type === 'boolean' ? /^(true|yes)$/i.test(text) : text;
}

/** True when what a tool returned says that it did not work. */
export function isFailure(content: string): boolean {
  try {
    const result: unknown = JSON.parse(content);
    if (typeof result === 'object' && result !== null) return objectFailed(result as Record<string, unknown>);
  } catch {
    // Plain words.
  }
  return /^\W*(an? )?(internal )?(error|failed|failure|could not|unable)\b/i.test(content);
}

const objectFailed = ({ error, ok, success, status }: Record<string, unknown>): boolean =>
  Boolean(error) ||
  ok === false ||
  success === false ||
  (typeof status === 'string' && /^(error|failed)/i.test(status));

/** The words in a tool's result: text as it is, of an object its message. */
export function resultText(content: string): string {
  try {
    const result: unknown = JSON.parse(content);
    if (typeof result === 'string') return result;
    if (typeof result !== 'object' || result === null) return '';
    const { message, result: inner, confirmation } = result as Record<string, unknown>;
    return [message, inner, confirmation].find((value) => typeof value === 'string')?.toString() ?? '';
  } catch {
    return content.slice(0, 300);
  }
}
