import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { type Product, runningProducts } from './product.ts';

/** A call's own story is some 40 lines; ten at once fit. */
const mostLines = 400;

interface Line {
  readonly at: number;
  readonly text: string;
}

/** When a test of the whole product fails, what the product's processes wrote meanwhile is printed with it. */
afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return;
  const since = task.result.startTime ?? 0;
  for (const { dataDir, api } of runningProducts()) {
    const lines = await linesSince(join(dataDir, 'logs'), since);
    const left = lines.length - mostLines;
    console.log(
      `What ${dataDir} logged during "${task.name}"${left > 0 ? `, without the first ${left} lines` : ''}:`,
    );
    for (const { text } of lines.slice(-mostLines)) console.log(`  ${text}`);
    await printCalls(api, since).catch((error: unknown) => console.log('Its calls cannot be read.', error));
  }
});

interface ListedCall {
  readonly id: string;
  readonly created_at: string;
}

interface Told extends ListedCall {
  readonly from_number: string | null;
  readonly disposition: string | null;
  readonly end_reason: string | null;
  readonly events: readonly { readonly at: string; readonly type: string; readonly data: unknown }[];
}

async function printCalls(api: Product['api'], since: number): Promise<void> {
  const { items } = await api<{ items: readonly ListedCall[] }>('GET', '/calls?page_size=100');
  for (const { id } of items.filter(({ created_at }) => Date.parse(created_at) >= since)) {
    const call = await api<Told>('GET', `/calls/${id}`);
    console.log(`Call ${id} from ${call.from_number}: ${call.disposition}, ${call.end_reason}`);
    for (const { at, type, data } of call.events)
      console.log(`  ${at} ${type} ${JSON.stringify(data).slice(0, 500)}`);
  }
}

async function linesSince(folder: string, since: number): Promise<Line[]> {
  const files = await readdir(folder).catch(() => []);
  const all = await Promise.all(
    files
      .filter((name) => name.endsWith('.log'))
      .map(async (name) => {
        const text = await readFile(join(folder, name), 'utf8').catch(() => '');
        return text.split('\n').flatMap((line) => {
          const at = momentOf(line);
          return at >= since ? [{ at, text: `${name.slice(0, -4)} ${line.slice(0, 600)}` }] : [];
        });
      }),
  );
  return all.flat().sort((one, other) => one.at - other.at);
}

/** Unix ms of a line of ours, PostgreSQL's (ISO) or LiveKit's (`"ts"`, seconds); 0 for what has no time. */
function momentOf(line: string): number {
  const seconds = /"ts":(\d+\.\d+)/.exec(line)?.[1];
  if (seconds) return Number(seconds) * 1_000;
  const iso = /\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\.\d+/.exec(line)?.[0];
  return iso ? Date.parse(`${iso.replace(' ', 'T')}Z`) : 0;
}
