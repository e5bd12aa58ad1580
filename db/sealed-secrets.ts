import { ConfigError } from '../platform/config.ts';
import type { Sealer } from '../platform/crypto.ts';
import type { Logger } from '../platform/log.ts';

/** A pool or a connection of pg. */
interface Asked {
  query(text: string): Promise<{ rows: { sealed: string }[] }>;
}

/**
 * The newest ones of each kind: enough to know another key by, however many there are. Mail is left out, because that
 * is gone in a while by itself.
 */
const newest = [
  ['credentials', 'sealed'],
  ['carrier_accounts', 'sealed'],
  ['phone_numbers', 'auth_password_sealed'],
]
  .map(
    ([table, column]) =>
      `(select ${column} as sealed from ${table} where ${column} is not null order by updated_at desc limit 5)`,
  )
  .join(' union all ');

/**
 * What is wrong with ENCRYPTION_KEY, in a sentence for the operator; null when it opens what is stored. `isOther`: it
 * opens nothing of it, so it is another key, and whatever needs a secret would fail when it is used.
 */
export async function faultOfKey(
  database: Asked,
  sealer: Sealer,
): Promise<{ readonly isOther: boolean; readonly sentence: string } | null> {
  const { rows } = await database.query(newest).catch((error: unknown) => {
    // Not migrated yet: nothing is stored.
    if ((error as { code?: string }).code === '42P01') return { rows: [] };
    throw error;
  });
  const closed = rows.filter(({ sealed }) => !opens(sealer, sealed)).length;
  if (closed === 0) return null;
  const what = 'stored secrets (credentials, accounts at carriers, passwords of trunks)';
  const anew = 'to be entered anew';
  if (closed < rows.length)
    return {
      isOther: false,
      sentence: `ENCRYPTION_KEY does not open ${closed} of the ${rows.length} newest ${what}: those were sealed with another key and have ${anew}.`,
    };
  return {
    isOther: true,
    sentence: `ENCRYPTION_KEY opens none of the ${what}: set the key that they were sealed with. If it is lost, empty the tables credentials and carrier_accounts and set phone_numbers.auth_password_sealed to null; the secrets have ${anew} then.`,
  };
}

/** Throws ConfigError when the key is another one; says in the log when it opens only a part. */
export function refuseOtherKey(fault: Awaited<ReturnType<typeof faultOfKey>>, log: Logger): void {
  if (fault?.isOther) throw new ConfigError(fault.sentence);
  if (fault !== null) log.error({ reason: fault.sentence }, 'some stored secrets cannot be opened');
}

function opens(sealer: Sealer, sealed: string): boolean {
  try {
    sealer.open(sealed);
    return true;
  } catch {
    return false;
  }
}
