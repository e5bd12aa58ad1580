import { CliError } from '../cli-error.ts';
import { type Flags, readWishes } from '../environment.ts';
import { checkDatabase } from '../external.ts';
import { runningPid } from '../instance.ts';
import { migrate } from '../migration.ts';
import type { Output } from '../output.ts';
import { Product } from '../product.ts';
import { forgetPassword } from '../seeding.ts';

interface DatabaseOptions {
  readonly flags: Flags;
  readonly output: Output;
}

/** Migrates DATABASE_URL, or the embedded database, which is started for it. */
export async function migrateCommand({ flags, output }: DatabaseOptions): Promise<number> {
  const wishes = readWishes(flags);
  const { DATABASE_URL: url } = wishes.env;
  if (url !== undefined) {
    await checkDatabase(url);
    await migrate(url);
  } else {
    refuseWhileRunning(wishes.dataDir);
    await withStores({ flags, output }, async () => {});
  }
  output.done('The database has this version’s schema.');
  return 0;
}

/** Seeds again; what is there stays. */
export async function seedCommand({ flags, output }: DatabaseOptions): Promise<number> {
  const wishes = readWishes(flags);
  refuseWhileRunning(wishes.dataDir);
  await withStores({ flags, output }, async (product) => {
    const seed = await product.reseed();
    if (!seed) throw new CliError('This version has nothing to seed.');
    output.done(
      'Admin',
      seed.adminPassword ? `${seed.adminEmail}  password ${seed.adminPassword}` : seed.adminEmail,
    );
    forgetPassword(wishes.dataDir);
    output.done('Demo agent', `${seed.demo.agentId}  number ${seed.demo.number}`);
  });
  return 0;
}

function refuseWhileRunning(dataDir: string): void {
  const pid = runningPid(dataDir);
  if (pid !== undefined)
    throw new CliError(
      `Trunkline is running on ${dataDir} (process ${pid}) and did this when it started; stop it first.`,
    );
}

async function withStores({ flags, output }: DatabaseOptions, run: (product: Product) => Promise<void>) {
  const wishes = readWishes({ ...flags, port: flags.port ?? '0' });
  const product = await Product.prepare({ wishes, output, giveUp: (sentence) => output.fail(sentence) });
  try {
    await product.startStores();
    await run(product);
  } finally {
    await product.stop();
  }
}
