import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { settings } from '../platform/settings.ts';

const heading = `# Every setting of Trunkline, generated from platform/settings.ts by \`npm run env:example\`.
# Nothing here is needed: \`npm start\` works without. Copy to .env and uncomment what you want to change.
`;

/** The text of .env.example. */
export function envExample(): string {
  const parts = [...byGroup()].map(([group, entries]) => {
    const lines = entries.map(
      ([name, setting]) => `# ${setting.doc}\n#${name}=${defaultOf(setting.schema)}\n`,
    );
    return `\n# --- ${group} ---\n\n${lines.join('\n')}`;
  });
  return heading + parts.join('');
}

type Entry = [string, (typeof settings)[keyof typeof settings]];

function byGroup(): Map<string, Entry[]> {
  const groups = new Map<string, Entry[]>();
  for (const entry of Object.entries(settings) as Entry[])
    groups.set(entry[1].group, [...(groups.get(entry[1].group) ?? []), entry]);
  return groups;
}

function defaultOf(schema: Entry[1]['schema']): string {
  const parsed = schema.safeParse(undefined);
  return parsed.success && parsed.data !== undefined ? String(parsed.data) : '';
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  writeFileSync(join(fileURLToPath(new URL('..', import.meta.url)), '.env.example'), envExample());
