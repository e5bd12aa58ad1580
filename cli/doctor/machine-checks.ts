import { execFile } from 'node:child_process';
import { existsSync, readFileSync, statfsSync } from 'node:fs';
import { availableParallelism, freemem, totalmem } from 'node:os';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { inheritedEnv } from '../../platform/config.ts';
import { sentenceOf } from '../cli-error.ts';
import { goVersion } from '../embedded/go-build.ts';
import { aptCommand, aptPrefix } from '../embedded/system-packages.ts';
import type { Wishes } from '../environment.ts';
import { packagesFresh } from '../packages.mjs';
import { nodeBinary, nodeVersion, root } from '../processes.ts';
import { type Check, type Finding, finding } from './finding.ts';

const run = promisify(execFile);
const gigabyte = 1024 ** 3;

/** The machine, its tools, and what may be installed on it. */
export const machineChecks = (wishes: Wishes): Check[] => [
  () => node(wishes),
  packages,
  go,
  python,
  apt,
  async () => [disk(wishes.dataDir), memory(), ...sessionGroups(readAutogroup(), availableParallelism())],
];

async function node({ env }: Wishes) {
  const own = finding('ok', 'Node.js', process.versions.node);
  try {
    const binary = nodeBinary(env.WORKER_NODE);
    const version = nodeVersion(binary) ?? 'unknown';
    return [own, finding('ok', 'Node of the parts', `${version} (${binary})`)];
  } catch (error) {
    return [own, finding('bad', 'Node of the parts', sentenceOf(error), 'Correct WORKER_NODE or unset it.')];
  }
}

const packages: Check = async () => [
  packagesFresh(root)
    ? finding('ok', 'npm packages', 'as locked')
    : finding('warn', 'npm packages', 'not as locked', 'The next `npm start` installs them.'),
];

const go: Check = async () => {
  const version = await goVersion(inheritedEnv());
  return [
    version
      ? finding('ok', 'Go', version.join('.'))
      : finding(
          'warn',
          'Go',
          'not found',
          'Needed once to build livekit-server and livekit-sip: https://go.dev/dl/',
        ),
  ];
};

const python: Check = async () => {
  try {
    const { stdout } = await run('python3', ['-m', 'pip', '--version'], { timeout: 10_000 });
    return [finding('ok', 'Python with pip', `pip ${stdout.split(' ')[1] ?? ''}`)];
  } catch {
    return [
      finding(
        'warn',
        'Python with pip',
        'not found',
        `Needed once for the speech models: ${aptCommand(['python3-pip'])}`,
      ),
    ];
  }
};

const apt: Check = async () => [
  (await aptPrefix())
    ? finding('ok', 'System packages', 'may be installed with apt-get')
    : finding(
        'warn',
        'System packages',
        'may not be installed by this user',
        'Missing ones are named with the command.',
      ),
];

function disk(dataDir: string) {
  let folder = dataDir;
  while (!existsSync(folder)) folder = dirname(folder);
  const { bavail, bsize } = statfsSync(folder);
  const free = (bavail * bsize) / gigabyte;
  const text = `${free.toFixed(1)} GB free at ${folder}`;
  return free < 1
    ? finding('bad', 'Disk', text, 'Make room, or choose another place with --data.')
    : free < 5
      ? finding('warn', 'Disk', text, 'The first start needs about 4 GB, most of it for building with Go.')
      : finding('ok', 'Disk', text);
}

function memory() {
  const total = totalmem() / gigabyte;
  const text = `${total.toFixed(1)} GB, ${(freemem() / gigabyte).toFixed(1)} GB free; ${availableParallelism()} cores`;
  return total < 1.8
    ? finding('warn', 'Memory', text, '2 GB are the least for calls with local speech.')
    : finding('ok', 'Memory', text);
}

/** What is known of the share that Linux gives to each session (sched(7)); elsewhere nothing. */
function readAutogroup(): string {
  try {
    return readFileSync('/proc/sys/kernel/sched_autogroup_enabled', 'utf8');
  } catch {
    return '';
  }
}

const fewCores = 4;

/**
 * A hint: where few cores are shared between sessions before they are shared between threads, packets wait
 * (docs/decisions/0079).
 */
export function sessionGroups(autogroup: string, cores: number): Finding[] {
  if (autogroup.trim() !== '1' || cores > fewCores) return [];
  return [
    finding(
      'warn',
      'Processor time',
      `Linux shares the ${cores} cores between sessions (autogroup): the packets of calls may wait behind other programs`,
      'Where nothing else needs it: sysctl -w kernel.sched_autogroup_enabled=0',
    ),
  ];
}
