import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual, promisify } from 'node:util';
import { z } from 'zod';
import type { Section } from './section.ts';

const run = promisify(execFile);
const report = z.looseObject({ dialed: z.number(), tookMs: z.object({ all: z.number() }) });
const goalMs = 60_000;

/**
 * A day of many people as `trunkline simulate campaign` plays it, against the same command with `--database`: every
 * statement of the product in a PostgreSQL of its own. Both have to come to the same report.
 */
export const simulateSection: Section = {
  name: 'simulate',
  title: 'A simulated day',
  run: async ({ quick }) => {
    const [day, compared] = quick ? [20_000, 2_000] : [100_000, 10_000];
    const whole = await simulate(day);
    const memory = await simulate(compared);
    const database = await simulate(compared, '--database');
    if (!isDeepStrictEqual(memory.figures, database.figures))
      throw new Error('Memory and database do not come to the same report.');
    return {
      rows: [
        {
          ...{ figure: `${day} people, ${whole.dialed} calls`, unit: 's', baseline: null },
          product: whole.tookMs / 1_000,
          ...(quick ? {} : { goal: '≤ 60 s', met: whole.tookMs <= goalMs }),
        },
        {
          ...{ figure: `${compared} people, ${memory.dialed} calls; in the database`, unit: 's' },
          ...{ product: memory.tookMs / 1_000, baseline: database.tookMs / 1_000 },
        },
      ],
    };
  },
};

async function simulate(contacts: number, ...flags: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'trunkline-bench-'));
  try {
    const json = join(folder, 'report.json');
    const sizes = Object.entries({
      contacts,
      slots: 3_000,
      channels: 3_000,
      cps: 10,
      days: 1,
      seed: 'bench',
    });
    const args = sizes.flatMap(([name, value]) => [`--${name}`, String(value)]);
    const all = ['cli/trunkline.mjs', 'simulate', 'campaign', ...args, ...flags, '--json', json];
    await run(process.execPath, all);
    const { tookMs, ...figures } = report.parse(JSON.parse(readFileSync(json, 'utf8')));
    return { dialed: figures.dialed, tookMs: tookMs.all, figures };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
