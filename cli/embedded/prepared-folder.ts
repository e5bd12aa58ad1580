import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { inheritedEnv } from '../../platform/config.ts';

/** A folder of ours in the user's cache: `~/.cache/trunkline/NAME`. */
export const cacheFolder = (name: string): string =>
  join(inheritedEnv().XDG_CACHE_HOME || join(homedir(), '.cache'), 'trunkline', name);

interface PreparedFolder {
  /** Where prepared folders are kept; it has to be there. */
  readonly root: string;
  /** Its name in `root`, with the version of what is in it. */
  readonly name: string;
  isComplete(folder: string): Promise<boolean>;
  /** Fills `work/ready`; anything else in `work` is thrown away. */
  make(work: string): Promise<void>;
  /** Said when a broken one cannot be put aside. */
  readonly broken: (target: string) => string;
}

/** Makes a folder once, aside, and moves it into its place; several processes may do it at once. */
export async function prepareFolder({ root, name, isComplete, make, broken }: PreparedFolder): Promise<void> {
  await removeAbandoned(root);
  const work = join(root, `.making-${process.pid}-${randomBytes(4).toString('hex')}`);
  const ready = join(work, 'ready');
  try {
    await mkdir(ready, { recursive: true });
    await make(work);
    await moveIntoPlace(ready, join(root, name), { isComplete, broken });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Leftovers of a process that was killed while it prepared. */
async function removeAbandoned(root: string): Promise<void> {
  for (const name of await readdir(root)) {
    if (!name.startsWith('.making-')) continue;
    const found = await stat(join(root, name)).catch(() => undefined);
    if (found && Date.now() - found.mtimeMs > 3_600_000)
      await rm(join(root, name), { recursive: true, force: true });
  }
}

/** A rename is atomic; when another process was first its folder is kept, a broken one is put aside. */
async function moveIntoPlace(
  ready: string,
  target: string,
  { isComplete, broken }: Pick<PreparedFolder, 'isComplete' | 'broken'>,
): Promise<void> {
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      return await rename(ready, target);
    } catch (error) {
      if (await isComplete(target)) return;
      const code = (error as NodeJS.ErrnoException).code;
      if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
      await rename(target, join(ready, '..', `broken-${attempt}`)).catch(() => {});
    }
  }
  throw new Error(broken(target));
}
