import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { quickFolder } from '../../cli/embedded/quick-folder.ts';
import type { Output } from '../../cli/output.ts';

/** An Output that remembers what was said. */
export function recordedOutput(): Output & { readonly said: string[] } {
  const said: string[] = [];
  const say = (text = '') => {
    said.push(text);
  };
  return { said, line: say, done: say, notice: say, warn: say, fail: say, progress: (_what, run) => run() };
}

/** A folder of its own for one test, removed at the end of its block. */
export function temporaryFolder(parent = tmpdir()): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(parent, 'trunkline-cli-'));
  // An initdb that was under way when its parent gave up may still write for a moment.
  const patient = { recursive: true, force: true, maxRetries: 20, retryDelay: 250 };
  return { path, [Symbol.dispose]: () => rmSync(path, patient) };
}

/** As `temporaryFolder`, for the data of a product; nothing in it can be run as a program. */
export const dataFolder = () => temporaryFolder(quickFolder());

export async function rejection(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  throw new Error('It did not fail.');
}

/** A program that does what these lines of shell say. Answers its path. */
export function program(path: string, text: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
  return path;
}
