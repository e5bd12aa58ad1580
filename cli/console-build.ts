import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inheritedEnv } from '../platform/config.ts';
import { CliError } from './cli-error.ts';
import { withFileLock } from './file-lock.mjs';
import type { Output } from './output.ts';
import { root } from './processes.ts';

const folder = join(root, 'console');
const stampFile = join(folder, 'dist', '.sources');

/** Builds the pages when there are none or their sources changed. */
export async function ensureConsole(output: Output, signal?: AbortSignal): Promise<void> {
  if (!existsSync(join(folder, 'vite.config.ts'))) return;
  if (consoleFresh()) return;
  await withFileLock(join(root, 'node_modules', '.trunkline-console.lock'), async () => {
    if (consoleFresh()) return;
    const sources = sourcesHash();
    await output.progress('Building the web pages', () => build(signal));
    writeFileSync(stampFile, sources);
  });
}

export function consoleFresh(): boolean {
  try {
    return readFileSync(stampFile, 'utf8') === sourcesHash();
  } catch {
    return false;
  }
}

function sourcesHash(): string {
  const hash = createHash('sha256');
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile() && !/[\\/](dist|node_modules)([\\/]|$)/.test(`${file.parentPath}/`))
    .map((file) => join(file.parentPath, file.name))
    .sort();
  for (const file of [...files, join(root, 'package-lock.json')])
    hash.update(file.slice(root.length)).update('\0').update(readFileSync(file)).update('\0');
  return hash.digest('hex');
}

function build(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
    const args = [vite, 'build', '--config', join(folder, 'vite.config.ts'), '--logLevel', 'error'];
    const child = spawn(process.execPath, args, {
      cwd: root,
      ...(signal ? { signal } : {}),
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...inheritedEnv(), NODE_ENV: 'production' },
    });
    let text = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        text += String(chunk);
      });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) return resolve();
      const lines = text.split('\n').filter((line) => line.trim());
      reject(new CliError(`The web pages could not be built: ${lines.slice(0, 2).join(' ')}`));
    });
  });
}
