import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { installSystemPackages } from '../../cli/embedded/system-packages.ts';
import { nodeBinary } from '../../cli/processes.ts';
import { program, recordedOutput, rejection, temporaryFolder } from './support.ts';

/** A machine whose apt-get and sudo write down how they were called. */
function machine(folder: string, { isRoot = false, apt = 'exit 0', sudo = 'shift; exec "$@"' } = {}) {
  const log = join(folder, 'log');
  program(
    join(folder, 'bin/apt-get'),
    `[ "$1" = --version ] && exit 0\necho "apt-get $*" >> ${log}\n${apt.replaceAll('DIR', folder)}`,
  );
  program(join(folder, 'bin/sudo'), `[ "$2" = true ] || echo sudo >> ${log}\n${sudo}`);
  const env = { PATH: `${folder}/bin:/usr/bin:/bin`, XDG_CACHE_HOME: `${folder}/cache` };
  const installer = { env, isRoot };
  return {
    installer,
    output: recordedOutput(),
    calls: () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []),
  };
}

const installing = expect.stringMatching(/^apt-get .*install -y --no-install-recommends redis-server$/);
const updating = expect.stringMatching(/^apt-get .*update$/);

describe('system packages', () => {
  it('are installed at once by root', async () => {
    using folder = temporaryFolder();
    const { installer, output, calls } = machine(folder.path, { isRoot: true });
    await installSystemPackages(['redis-server'], output, installer);
    expect(calls()).toEqual([installing]);
  });

  it('are installed by whoever has sudo without a password', async () => {
    using folder = temporaryFolder();
    const { installer, output, calls } = machine(folder.path);
    await installSystemPackages(['redis-server'], output, installer);
    expect(calls()).toEqual(['sudo', installing]);
  });

  it('are asked for with the exact command by whoever has no rights, and nothing is run', async () => {
    using folder = temporaryFolder();
    const { installer, output, calls } = machine(folder.path, { sudo: 'exit 1' });
    expect(await rejection(installSystemPackages(['redis-server'], output, installer))).toBe(
      'Install the system packages yourself: sudo apt-get install -y redis-server',
    );
    expect(calls()).toEqual([]);
  });

  it('are tried again with new lists, as on a fresh machine', async () => {
    using folder = temporaryFolder();
    const apt = 'case "$*" in *update*) touch DIR/lists;; *) [ -f DIR/lists ];; esac';
    const { installer, output, calls } = machine(folder.path, { isRoot: true, apt });
    await installSystemPackages(['redis-server'], output, installer);
    expect(calls()).toEqual([installing, updating, installing]);
  });

  it('that cannot be had are named with the command and its log', async () => {
    using folder = temporaryFolder();
    const apt = 'echo "E: Unable to locate package"; exit 100';
    const { installer, output } = machine(folder.path, { isRoot: true, apt });
    const sentence = await rejection(installSystemPackages(['redis-server'], output, installer));
    const logFile = join(folder.path, 'cache/trunkline/apt.log');
    expect(sentence).toBe(`\`apt-get install -y redis-server\` failed; see ${logFile}.`);
    expect(readFileSync(logFile, 'utf8')).toContain('Unable to locate package');
  });
});

describe('the Node of our processes', () => {
  const pinned = (folder: string, text: string) =>
    program(join(folder, `node_modules/node-${process.platform}-${process.arch}/bin/node`), text);

  it('is the pinned newer one where it runs, else the one that runs us', () => {
    using folder = temporaryFolder();
    expect(nodeBinary(undefined, folder.path)).toBe(process.execPath);
    const path = pinned(folder.path, 'echo v24.1.0');
    expect(nodeBinary(undefined, folder.path)).toBe(path);
    using broken = temporaryFolder();
    pinned(broken.path, 'exit 127');
    expect(nodeBinary(undefined, broken.path)).toBe(process.execPath);
  });

  it('is the one that was asked for, which has to run', () => {
    expect(nodeBinary(process.execPath)).toBe(process.execPath);
    expect(() => nodeBinary('/no/such/node')).toThrow('WORKER_NODE="/no/such/node" is not a Node that runs.');
  });
});
