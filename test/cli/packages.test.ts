import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { missingOptionals } from '../../cli/complete-lock.mjs';
import { installedMatchesLock } from '../../cli/packages.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A checkout with one package, `a`, locked at `locked` and installed at `installed`. */
function checkout(locked: string, installed?: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'trunkline-packages-'));
  folders.push(folder);
  const entries = (version: string) => ({
    packages: {
      '': { name: 'x' },
      'node_modules/a': { version },
      'node_modules/for-another': { version: '1.0.0', optional: true, os: ['nowhere'], cpu: ['none'] },
    },
  });
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(entries(locked)));
  if (installed !== undefined) {
    mkdirSync(join(folder, 'node_modules', 'a'), { recursive: true });
    const { 'node_modules/for-another': _, ...here } = entries(installed).packages;
    writeFileSync(join(folder, 'node_modules', '.package-lock.json'), JSON.stringify({ packages: here }));
  }
  return folder;
}

describe('the pre-step', () => {
  it('knows packages that npm installed by hand at the locked versions', () => {
    expect(installedMatchesLock(checkout('1.2.3', '1.2.3'))).toBe(true);
  });

  it('finds missing and stale packages', () => {
    expect(installedMatchesLock(checkout('1.2.3'))).toBe(false);
    expect(installedMatchesLock(checkout('1.2.4', '1.2.3'))).toBe(false);
  });

  it('refuses an old Node in one clear sentence', () => {
    const folder = checkout('1.0.0', '1.0.0');
    cpSync(join(root, 'cli', 'trunkline.mjs'), join(folder, 'trunkline.mjs'));
    const fake = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.20.0' } })`;
    const run = () =>
      execFileSync(
        process.execPath,
        ['--import', `data:text/javascript,${encodeURIComponent(fake)}`, join(folder, 'trunkline.mjs')],
        {
          encoding: 'utf8',
          stdio: 'pipe',
        },
      );
    expect(run).toThrow(/trunkline: Trunkline needs Node\.js 20\.19 or newer, this is 18\.20\.0/);
  });
});

it('the lock holds every platform package, so that npm ci accepts it (npm run lock:complete)', () => {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  expect(Object.keys(missingOptionals(lock.packages))).toEqual([]);
});
