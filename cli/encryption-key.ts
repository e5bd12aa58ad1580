import pg from 'pg';
import { faultOfKey } from '../db/sealed-secrets.ts';
import { Sealer } from '../platform/crypto.ts';

/** What is wrong with the key for the secrets in a database that can be reached; null: nothing. */
export async function faultOfStoredSecrets(
  databaseUrl: string,
  encryptionKey: string,
): ReturnType<typeof faultOfKey> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    connectionTimeoutMillis: 5_000,
    application_name: 'trunkline check',
  });
  client.on('error', () => {});
  try {
    await client.connect();
    return await faultOfKey(client, new Sealer(encryptionKey));
  } finally {
    await client.end().catch(() => {});
  }
}
