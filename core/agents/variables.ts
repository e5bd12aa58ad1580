import { isZone } from '../campaigns/rules/time/local-time.ts';

/** Filling of `{{name}}` in prompts. Pure. */

export interface BuiltInFacts {
  readonly callerNumber: string | null;
  readonly calledNumber: string | null;
  readonly agentName: string;
  readonly direction: 'inbound' | 'outbound';
  /** BCP 47; an unknown one falls back to en-US. */
  readonly language: string;
  readonly at: Date;
  /** IANA name; the process's own zone when left out or unknown. */
  readonly timeZone?: string | undefined;
}

/** Variables that every agent has without anybody setting them. What a call or an agent sets goes before them. */
export function builtInVariables(facts: BuiltInFacts): Record<string, string> {
  const format = (options: Intl.DateTimeFormatOptions) =>
    dateFormat(facts.language, {
      ...options,
      ...(facts.timeZone && isZone(facts.timeZone) ? { timeZone: facts.timeZone } : {}),
    }).format(facts.at);
  return {
    caller_number: facts.callerNumber ?? '',
    called_number: facts.calledNumber ?? '',
    agent_name: facts.agentName,
    call_direction: facts.direction,
    today: format({ dateStyle: 'full' }),
    now: format({ timeStyle: 'short' }),
  };
}

function dateFormat(language: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat(language, options);
  } catch {
    return new Intl.DateTimeFormat('en-US', options);
  }
}

const placeholder = /\{\{\s*([^{}\s](?:[^{}]*[^{}\s])?)\s*\}\}/g;

/**
 * Replaces every `{{name}}`, once: braces inside a value stay as they are. A name without a value becomes empty and
 * is reported.
 */
export function fillVariables(
  template: string,
  values: Readonly<Record<string, string>>,
): { readonly text: string; readonly missing: readonly string[] } {
  const missing = new Set<string>();
  const text = template.replace(placeholder, (_, name: string) => {
    if (Object.hasOwn(values, name)) return values[name] ?? '';
    missing.add(name);
    return '';
  });
  return { text, missing: [...missing] };
}
