import { join } from 'node:path';
import type { Services } from '../../core/context.ts';
import type { Database } from '../../db/client.ts';
import { FolderBlobStore } from '../../platform/blob-store.ts';
import { Sealer } from '../../platform/crypto.ts';
import { createLogger } from '../../platform/log.ts';
import { fakePorts } from '../../test/harness/fake-ports.ts';

/** What an import stands on: the database, and lists in a folder. */
export const importServices = (db: Database, folder: string): Services => ({
  db,
  ports: { ...fakePorts(), blobs: new FolderBlobStore(join(folder, 'blobs')) },
  sealer: new Sealer(Buffer.alloc(32).toString('base64')),
  log: createLogger('bench', { level: 'silent' }),
  publicUrl: '',
  authSecret: '',
});
