const heading = /^\s*(?:#{1,6}\s*|\*\*)?\s*(?:dynamic\s+)?variables\s*(?:\*\*)?\s*:?\s*(?:\*\*)?\s*$/i;
const entry = /^\s*(?:[-*]\s+)?\**([\p{L}_][\p{L}\p{N}_ -]{0,60}?)\**\s*[:=]\s*(.+?)\s*$/u;

/** Reads `key: value` lines under a heading "Variables" in a system prompt. Keys become snake_case. */
export function readVariables(prompt: string): Record<string, string> {
  const variables: Record<string, string> = {};
  let inside = false;
  for (const line of prompt.split('\n')) {
    if (heading.test(line)) {
      inside = true;
      continue;
    }
    if (!inside || line.trim() === '') continue;
    const [, key, value] = entry.exec(line) ?? [];
    if (key === undefined || value === undefined) inside = false;
    else variables[variableName(key)] = value;
  }
  return variables;
}

const variableName = (key: string): string =>
  key
    .trim()
    .toLowerCase()
    .replace(/[\s-]+/g, '_');

/** Fills in `{{name}}`; a variable without a value becomes nothing. */
export const fillTemplate = (template: string, values: Readonly<Record<string, string>>): string =>
  template
    .replace(/\{\{\s*([\w-]+)\s*\}\}/g, (_, name: string) =>
      Object.hasOwn(values, name) ? (values[name] ?? '') : '',
    )
    .replace(/ {2,}/g, ' ')
    .replace(/ ([.,!?])/g, '$1')
    .trim();
