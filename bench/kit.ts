import { writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';

/** What all benches share: arguments, statistics, the table, the JSON. */

/** A first start may have LiveKit to build. */
export const firstStartMs = 1_200_000;

export interface BenchOptions {
  readonly quick: boolean;
  readonly json: string | undefined;
  /** The one part to run, where a bench has several. */
  readonly only: string | undefined;
}

export function benchOptions(): BenchOptions {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      json: { type: 'string' },
      only: { type: 'string' },
    },
  });
  // Whoever is stopped takes along what they started (product.ts).
  process.once('SIGINT', () => process.exit(130));
  process.once('SIGTERM', () => process.exit(143));
  return { quick: values.quick, json: values.json, only: values.only };
}

/** The value below which `share` of the values lie (nearest rank). NaN without values. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => percentile(values, 0.5);

export interface Row {
  readonly figure: string;
  readonly unit: string;
  readonly product: number;
  readonly baseline: number | null;
  readonly goal?: string;
  /** Whether the goal is met; leave out where there is none. */
  readonly met?: boolean;
}

export function printTable(title: string, rows: readonly Row[]): void {
  const lines = rows.map((row) => [
    row.figure,
    format(row.product, row.unit),
    row.baseline === null ? '–' : format(row.baseline, row.unit),
    row.baseline === null ? '' : `${(row.product / row.baseline).toFixed(2)} ×`,
    row.goal === undefined ? '' : `${row.goal} ${row.met ? '✓' : '✗'}`,
  ]);
  const table = [['', 'product', 'baseline', 'ratio', 'goal'], ...lines];
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...table.map((line) => line[column]?.length ?? 0)));
  console.log(`\n${title}`);
  for (const line of table) {
    console.log(
      line
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join('  '),
    );
  }
}

const format = (value: number, unit: string): string =>
  Number.isFinite(value)
    ? `${value >= 100 ? value.toFixed(0) : value.toFixed(value >= 10 ? 1 : 3)} ${unit}`
    : '–';

export function writeJson(path: string | undefined, bench: string, figures: unknown): void {
  if (path === undefined) return;
  const machine = {
    cpu: cpus()[0]?.model,
    cores: cpus().length,
    memoryBytes: totalmem(),
    node: process.version,
    platform: process.platform,
  };
  writeFileSync(
    path,
    `${JSON.stringify({ bench, at: new Date().toISOString(), machine, figures }, null, 2)}\n`,
  );
}
