import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inheritedEnv } from '../../platform/config.ts';
import { sentenceOf } from '../cli-error.ts';
import { ensureConsole } from '../console-build.ts';
import { livekitServer, livekitSip, redisServer } from '../embedded/binaries.ts';
import { resolveSpeechModels } from '../embedded/models.ts';
import { resolveBinary } from '../embedded/resolve-binary.ts';
import { resolveSchemathesis } from '../embedded/schemathesis.ts';
import { installSystemPackages } from '../embedded/system-packages.ts';
import { handOver } from '../hand-over.mjs';
import type { Output } from '../output.ts';
import { nodeBinary, root } from '../processes.ts';

/** What vitest's JSON report holds of what we need. */
interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[];
}

/** Brings everything the tests need, runs them, and ends with one plain line of numbers. */
export async function test({ args, output }: { args: readonly string[]; output: Output }): Promise<number> {
  await prepare(output);
  const folder = mkdtempSync(join(tmpdir(), 'trunkline-report-'));
  try {
    const file = join(folder, 'report.json');
    const code = await vitest([
      'run',
      ...args,
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${file}`,
    ]);
    const { passed, failed, skipped } = count(existsSync(file) ? readFileSync(file, 'utf8') : '', code);
    process.stdout.write(
      `\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`,
    );
    return failed > 0 ? 1 : code;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The numbers of a JSON report. A file that could not even be loaded, or a vitest that failed, counts as failed. */
export function count(report: string, code: number): { passed: number; failed: number; skipped: number } {
  if (report === '') return { passed: 0, failed: 1, skipped: 0 };
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = JSON.parse(
    report,
  ) as Report;
  const broken = testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  ).length;
  const failed = numFailedTests + broken;
  return {
    passed: numPassedTests,
    failed: failed === 0 && code !== 0 ? 1 : failed,
    skipped: numPendingTests + numTodoTests,
  };
}

/** Nothing missing here ends the run: the tests that need it fail and say so. */
async function prepare(output: Output): Promise<void> {
  const tasks = [
    ...[redisServer, livekitServer, livekitSip].map((binary) => () => resolveBinary(binary, output)),
    () => resolveSpeechModels({ onProgress: (text) => output.notice(text) }),
    () => resolveSchemathesis({ onProgress: (text) => output.notice(text) }),
    async () => {
      if (!existsSync('/usr/bin/chromium')) await installSystemPackages(['chromium'], output);
    },
    () => ensureConsole(output),
  ];
  await Promise.all(
    tasks.map((task) => Promise.resolve(task()).catch((error: unknown) => output.warn(sentenceOf(error)))),
  );
}

/**
 * On the Node that our processes run on, which is twice as quick; tests of the machine's own are told which that is.
 */
const vitest = (args: readonly string[]): Promise<number> =>
  handOver(nodeBinary(undefined), [join(root, 'node_modules', 'vitest', 'vitest.mjs'), ...args], {
    cwd: root,
    env: { ...inheritedEnv(), TRUNKLINE_TEST_NODE: process.execPath },
  });
