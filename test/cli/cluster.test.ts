import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { initPostgres } from '../../cli/embedded/postgres.ts';

test('a cluster whose making was interrupted is made anew', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'trunkline-cluster-'));
  try {
    // As root the database runs as another user, who has to get in.
    chmodSync(dataDir, 0o755);
    // initdb writes this first.
    mkdirSync(join(dataDir, 'postgres.part'));
    writeFileSync(join(dataDir, 'postgres.part', 'PG_VERSION'), '18\n');
    const options = { dataDir, port: 0, password: 'of the tests' };
    expect(await initPostgres(options)).toBe(true);
    expect(existsSync(join(dataDir, 'postgres', 'global', 'pg_control'))).toBe(true);
    expect(readdirSync(dataDir)).toEqual(['postgres']);
    expect(await initPostgres(options)).toBe(false);
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
});
