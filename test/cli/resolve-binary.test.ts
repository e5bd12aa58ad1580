import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Binary, GoBuild } from '../../cli/embedded/binaries.ts';
import { resolveBinary } from '../../cli/embedded/resolve-binary.ts';
import { program, recordedOutput, rejection, temporaryFolder } from './support.ts';

const go: GoBuild = {
  module: 'livekit-server',
  package: 'example.org/tool',
  cgo: false,
  minimum: [1, 21],
  libraries: [],
  aptLibraries: [],
  minutes: 'a moment',
};
const tool: Binary = { name: 'tool', version: '2.0.0', minimum: [1, 9], without: 'nothing', releases: {} };

const sandbox = (folder: string) => ({
  PATH: `${folder}/path:/usr/bin:/bin`,
  XDG_CACHE_HOME: `${folder}/cache`,
});

describe('the resolver', () => {
  it('takes a compatible program from the PATH before the cache', async () => {
    using folder = temporaryFolder();
    const path = program(join(folder.path, 'path/tool'), 'echo tool version 1.10.2');
    program(join(folder.path, 'cache/trunkline/bin/tool-2.0.0'), 'true');
    expect(await resolveBinary(tool, recordedOutput(), sandbox(folder.path))).toEqual({ path, from: 'path' });
  });

  it('passes over a program that is too old and takes the one in the cache', async () => {
    using folder = temporaryFolder();
    program(join(folder.path, 'path/tool'), 'echo tool version 1.8.4');
    const path = program(join(folder.path, 'cache/trunkline/bin/tool-2.0.0'), 'true');
    expect(await resolveBinary(tool, recordedOutput(), sandbox(folder.path))).toEqual({
      path,
      from: 'cache',
    });
  });

  it('does not take another version from the cache', async () => {
    using folder = temporaryFolder();
    program(join(folder.path, 'cache/trunkline/bin/tool-1.9.0'), 'true');
    const message = await rejection(resolveBinary(tool, recordedOutput(), sandbox(folder.path)));
    expect(message).toMatch(/^tool cannot be had/);
  });

  it('downloads a pinned release and refuses one with another checksum', async () => {
    using folder = temporaryFolder();
    const archive = join(folder.path, 'tool.tar.gz');
    program(join(folder.path, 'tool'), 'echo released');
    execFileSync('tar', ['-czf', archive, '-C', folder.path, 'tool']);
    const bytes = readFileSync(archive);
    const server = createServer((_, response) => response.end(bytes)).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/tool.tar.gz`;
    const released = (sha256: string): Binary => ({
      ...tool,
      releases: { [`${process.platform}-${process.arch}`]: { url, sha256, member: 'tool' } },
    });
    try {
      const wrong = await rejection(
        resolveBinary(released('0'.repeat(64)), recordedOutput(), sandbox(folder.path)),
      );
      expect(wrong).toMatch(/has SHA-256 [0-9a-f]{64} instead of 0000/);
      const right = released(createHash('sha256').update(bytes).digest('hex'));
      const found = await resolveBinary(right, recordedOutput(), sandbox(folder.path));
      expect(found.from).toBe('release');
      expect(execFileSync(found.path, { encoding: 'utf8' })).toBe('released\n');
    } finally {
      server.close();
    }
  });

  it('builds with Go when nothing else has it, once for two who ask at the same time', async () => {
    using folder = temporaryFolder();
    const log = join(folder.path, 'builds');
    program(
      join(folder.path, 'path/go'),
      `if [ "$1" = version ]; then echo go version go1.26.0 linux/amd64; exit; fi
echo build >> ${log}
while [ $# -gt 0 ]; do if [ "$1" = -o ]; then printf '#!/bin/sh\\n' > "$2"; chmod 755 "$2"; fi; shift; done`,
    );
    const asked = [1, 2].map(() => resolveBinary({ ...tool, go }, recordedOutput(), sandbox(folder.path)));
    const found = await Promise.all(asked);
    expect(found.map(({ path }) => path)).toEqual([found[0]?.path, found[0]?.path]);
    expect(found[0]?.path).toMatch(/tool-2\.0\.0$/);
    expect(readFileSync(log, 'utf8')).toBe('build\n');
  });

  it('says what was tried when it fails, without a stack', async () => {
    using folder = temporaryFolder();
    program(
      join(folder.path, 'path/go'),
      'if [ "$1" = version ]; then echo go version go1.12 x; exit; fi; exit 1',
    );
    const message = await rejection(resolveBinary({ ...tool, go }, recordedOutput(), sandbox(folder.path)));
    expect(message).toBe('tool cannot be had: Go 1.12 is too old, 1.21 or newer is needed.');
  });
});
