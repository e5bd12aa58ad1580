import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { resolveSchemathesis } from '../../cli/embedded/schemathesis.ts';
import { temporaryFolder } from './support.ts';

describe('schemathesis, which only tests need', () => {
  afterEach(() => vi.unstubAllEnvs());

  it('is missed in one sentence that says what to do, and leaves nothing behind', async () => {
    using folder = temporaryFolder();
    mkdirSync(join(folder.path, 'bin'));
    vi.stubEnv('PATH', join(folder.path, 'bin'));
    await expect(resolveSchemathesis({ dir: join(folder.path, 'tools') })).rejects.toThrow(
      /^schemathesis, .*: Python 3\.11 or newer is needed .*; install Python 3\.11 or newer with pip .* and allow it the network once\.$/,
    );
    expect(existsSync(join(folder.path, 'tools'))).toBe(false);
  });
});
