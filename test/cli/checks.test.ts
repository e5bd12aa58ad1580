import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

/** `npm run check` is for working; here the same tools keep main clean, whoever forgot it. */
const root = fileURLToPath(new URL('../..', import.meta.url));

function run(tool: string, ...args: string[]): string {
  try {
    execFileSync(process.execPath, [`${root}/node_modules/${tool}`, ...args], {
      cwd: root,
      encoding: 'utf8',
      stdio: 'pipe',
    });
    return '';
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    return `${stdout}${stderr}` || String(error);
  }
}

test('the types are right', { timeout: 240_000 }, () => {
  expect(run('typescript/bin/tsc', '--noEmit')).toBe('');
});

test('format and lint are clean', { timeout: 120_000 }, () => {
  expect(run('@biomejs/biome/bin/biome', 'check', '.')).toBe('');
});
