import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';
import { type Context, type Services, systemContext } from '../../core/context.ts';
import type { Identity } from '../../core/users/identity.ts';
import { type Database, openDatabase } from '../../db/client.ts';
import { Sealer } from '../../platform/crypto.ts';
import { createLogger } from '../../platform/log.ts';
import { onServer, withDatabase } from './database.ts';
import { type FakePorts, fakePorts } from './fake-ports.ts';

export interface TestContext {
  readonly services: Services;
  readonly db: Database;
  readonly databaseUrl: string;
  readonly ports: FakePorts;
  /** As one of our own processes, in a workspace or above all of them. */
  system(workspaceId?: string | null): Context;
  /** As whoever a token or an API key stands for. */
  as(identity: Identity): Context;
  /** As nobody. */
  readonly anonymous: Context;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Everything an operation needs, on a database of its own that is gone when the test is:
 * `await using t = await testContext()`.
 */
export async function testContext(): Promise<TestContext> {
  const template = inject('templateDatabaseUrl');
  const name = `trunkline_test_${randomBytes(8).toString('hex')}`;
  await onServer(template, `create database ${name} template ${new URL(template).pathname.slice(1)}`);
  const databaseUrl = withDatabase(template, name);
  const handle = openDatabase(databaseUrl, { max: 8 });
  const ports = fakePorts();
  const services: Services = {
    db: handle.db,
    ports,
    sealer: new Sealer(randomBytes(32).toString('base64')),
    log: createLogger('test', { level: 'silent' }),
    publicUrl: 'http://trunkline.test',
    authSecret: 'a secret of the tests, long enough to sign with',
  };
  const as = (identity: Identity): Context => ({
    services,
    ...identity,
    surface: 'test',
    requestId: 'test',
    ip: '127.0.0.1',
  });
  return {
    ...{ services, ports, databaseUrl, as },
    db: handle.db,
    system: (workspaceId = null) => systemContext(services, 'test', workspaceId),
    anonymous: as({ actor: { kind: 'anonymous' }, workspaceId: null, role: null }),
    [Symbol.asyncDispose]: async () => {
      await handle.close();
      await onServer(template, `drop database if exists ${name} with (force)`);
    },
  };
}
