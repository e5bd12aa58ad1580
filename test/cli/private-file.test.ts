import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writePrivate } from '../../cli/private-file.ts';

function folder() {
  const path = mkdtempSync(join(tmpdir(), 'trunkline-private-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

test('a file is written whole, for its owner only, or stays as it was', () => {
  using dir = folder();
  const file = join(dir.path, 'secrets.json');
  writePrivate(file, { key: 'one' });
  writePrivate(file, { key: 'two' });
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ key: 'two' });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(() => writePrivate(file, { key: 1n })).toThrow();
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ key: 'two' });
  const taken = join(dir.path, 'folder');
  mkdirSync(join(taken, 'inside'), { recursive: true });
  expect(() => writePrivate(taken, {})).toThrow();
  expect(readdirSync(dir.path).sort()).toEqual(['folder', 'secrets.json']);
});
