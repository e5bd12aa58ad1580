import { openDatabase } from '../db/client.ts';
import { waitFor } from '../platform/retry.ts';

/**
 * Waits until LiveKit knows a number, so that "ready" means it can be dialed. Resolves to false when it does not come
 * to that: the console and web calls work all the same.
 */
export async function lineIsUp(databaseUrl: string, number: string, timeoutMs = 15_000): Promise<boolean> {
  const handle = openDatabase(databaseUrl, { max: 1 });
  const synced = async () => {
    const { rows } = await handle.pool.query<{ sync_state: string }>(
      'select sync_state from phone_numbers where e164 = $1',
      [number],
    );
    const [row] = rows;
    // A number that the operator has removed is nobody's to wait for.
    return row === undefined || row.sync_state === 'synced';
  };
  try {
    return await waitFor('the demo number to be known to LiveKit', synced, { timeoutMs, everyMs: 25 });
  } catch {
    return false;
  } finally {
    await handle.close();
  }
}
