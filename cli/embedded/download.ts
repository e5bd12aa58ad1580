import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CliError } from '../cli-error.ts';
import type { Release } from './binaries.ts';

const run = promisify(execFile);
const connectTimeoutMs = 5_000;
const downloadTimeoutMs = 300_000;

/**
 * Downloads a release, checks its SHA-256 and puts its program at `target`.
 * @throws CliError when it cannot be reached or is not what the pin says
 */
export async function downloadRelease(release: Release, target: string): Promise<void> {
  const archive = await download(release.url);
  const sum = createHash('sha256').update(archive).digest('hex');
  if (sum !== release.sha256)
    throw new CliError(`${release.url} has SHA-256 ${sum} instead of ${release.sha256}; it was not used.`);
  const folder = mkdtempSync(join(tmpdir(), 'trunkline-release-'));
  try {
    const file = join(folder, 'release.tar.gz');
    writeFileSync(file, archive);
    await run('tar', ['-xzf', file, '-C', folder, release.member]);
    // The cache may lie on another disk than the temporary folder, so copy beside the target, then rename.
    const beside = `${target}.${process.pid}.part`;
    copyFileSync(join(folder, release.member), beside);
    chmodSync(beside, 0o755);
    renameSync(beside, target);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function download(url: string): Promise<Buffer> {
  const answered = new AbortController();
  const timer = setTimeout(() => answered.abort(new Error('no answer')), connectTimeoutMs);
  try {
    const signal = AbortSignal.any([answered.signal, AbortSignal.timeout(downloadTimeoutMs)]);
    const response = await fetch(url, { signal });
    clearTimeout(timer);
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    return Buffer.from(await response.arrayBuffer());
  } catch (error) {
    throw new CliError(`${url} could not be downloaded (${error instanceof Error ? error.message : error}).`);
  } finally {
    clearTimeout(timer);
  }
}
