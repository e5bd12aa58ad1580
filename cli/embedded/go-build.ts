import { execFile } from 'node:child_process';
import { renameSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { CliError, sentenceOf } from '../cli-error.ts';
import type { Output } from '../output.ts';
import type { Binary, GoBuild } from './binaries.ts';
import { installSystemPackages, succeeds } from './system-packages.ts';

const run = promisify(execFile);
const buildTimeoutMs = 20 * 60_000;

type Vars = Readonly<Record<string, string>>;

/**
 * Builds a program from its pinned module and puts it at `target`.
 * @throws CliError in words when Go or a library is missing or the build fails
 */
export async function goBuild(
  binary: Binary,
  go: GoBuild,
  target: string,
  env: Vars,
  output: Output,
  signal?: AbortSignal,
): Promise<void> {
  const version = await goVersion(env);
  if (!version) throw new CliError('Go is not installed (https://go.dev/dl/)');
  const [major, minor] = go.minimum;
  if (version[0] < major || (version[0] === major && version[1] < minor))
    throw new CliError(`Go ${version.join('.')} is too old, ${major}.${minor} or newer is needed`);
  if (go.libraries.length > 0 && !(await librariesThere(go, env)))
    await installSystemPackages(go.aptLibraries, output);
  const part = `${target}.${process.pid}.part`;
  const folder = fileURLToPath(new URL(`./tools/${go.module}`, import.meta.url));
  const args = ['build', '-trimpath', '-buildvcs=false', '-ldflags=-s -w', '-o', part, go.package];
  try {
    await output.progress(`Building ${binary.name} ${binary.version} with Go, once, ${go.minutes}`, () =>
      run('go', args, {
        cwd: folder,
        env: { ...env, CGO_ENABLED: go.cgo ? '1' : '0', GOFLAGS: '-mod=readonly', GOWORK: 'off' },
        timeout: buildTimeoutMs,
        maxBuffer: 64 * 1024 * 1024,
        ...(signal ? { signal } : {}),
      }),
    );
    renameSync(part, target);
  } catch (error) {
    throw new CliError(`the Go build failed: ${buildReason(error)}`);
  } finally {
    rmSync(part, { force: true });
  }
}

/** The Go that is installed, or undefined. A newer toolchain, if a module asks for it, is fetched by Go itself. */
export async function goVersion(env: Vars): Promise<readonly [number, number] | undefined> {
  try {
    const { stdout } = await run('go', ['version'], { env, timeout: 10_000, cwd: '/' });
    const found = /go(\d+)\.(\d+)/.exec(stdout);
    return found ? [Number(found[1]), Number(found[2])] : undefined;
  } catch {
    return undefined;
  }
}

const librariesThere = async (go: GoBuild, env: Vars): Promise<boolean> =>
  (await succeeds('pkg-config', ['--exists', ...go.libraries], env)) &&
  (await succeeds('cc', ['--version'], env));

function buildReason(error: unknown): string {
  const stderr = (error as { stderr?: string }).stderr ?? '';
  const lines = stderr.split('\n').filter((line) => line.trim() && !/^(go: downloading|#)/.test(line));
  return lines.slice(0, 2).join(' ').trim() || sentenceOf(error);
}
