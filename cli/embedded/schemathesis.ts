import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inheritedEnv } from '../../platform/config.ts';
import { cacheFolder, prepareFolder } from './prepared-folder.ts';
import { lastWords, python } from './python.ts';

/** Every package that comes along, with its version; the first line is schemathesis itself. */
const requirements = fileURLToPath(new URL('./tools/schemathesis.txt', import.meta.url));
const version = '4.32.5';

export interface Schemathesis {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

interface ResolveOptions {
  /** Folder that holds it. Default: `trunkline/tools` in the user cache folder. */
  readonly dir?: string | undefined;
  readonly onProgress?: (message: string) => void;
}

/**
 * Brings schemathesis, which only tests need: from the user's cache, else installed there once with pip. Throws an
 * Error of one sentence that says what to do when Python, pip or the network is missing.
 */
export async function resolveSchemathesis(options: ResolveOptions = {}): Promise<Schemathesis> {
  const root = options.dir ?? cacheFolder('tools');
  const name = `schemathesis-${version}-python-${await pythonVersion()}`;
  const target = join(root, name);
  if (!(await isComplete(target))) {
    options.onProgress?.('Installing schemathesis with pip (60 MB, once)');
    await mkdir(root, { recursive: true });
    await prepareFolder({
      ...{ root, name, isComplete, make: install },
      broken: (folder) => `The folder ${folder} holds a broken schemathesis; remove it and try again.`,
    });
  }
  return {
    command: 'python3',
    args: ['-m', 'schemathesis.cli'],
    env: { ...inheritedEnv(), PYTHONPATH: target, PYTHONDONTWRITEBYTECODE: '1' },
  };
}

/** Its compiled parts fit one minor version of Python. */
async function pythonVersion(): Promise<string> {
  const print = 'import sys; assert sys.version_info >= (3, 11); print("%d.%d" % sys.version_info[:2])';
  return (await run(['-c', print], 'Python 3.11 or newer is needed')).trim();
}

/** Written last by pip's own order of things: the script that runs it. */
const isComplete = async (target: string): Promise<boolean> =>
  (await stat(join(target, 'bin', 'schemathesis')).catch(() => undefined))?.isFile() ?? false;

async function install(work: string): Promise<void> {
  await run(['-m', 'pip', '--version'], 'pip for Python 3 is needed');
  const args = ['--quiet', '--disable-pip-version-check', '--no-input', '--only-binary=:all:'];
  await run(
    ['-m', 'pip', 'install', ...args, '--target', join(work, 'ready'), '--requirement', requirements],
    'its packages could not be installed',
  );
}

async function run(args: readonly string[], whatFor: string): Promise<string> {
  try {
    return await python(args);
  } catch (error) {
    throw new Error(
      `schemathesis, which the tests of the API need, is not available: ${whatFor} (${lastWords(error)}); install Python 3.11 or newer with pip (Debian: apt-get install python3-pip) and allow it the network once.`,
    );
  }
}
