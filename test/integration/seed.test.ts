import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eq } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { seed } from '../../cli/seed.ts';
import { ensureSeed, forgetPassword } from '../../cli/seeding.ts';
import { deleteAgent, getAgent, listAgents } from '../../core/agents/index.ts';
import { listNumbers } from '../../core/numbers/index.ts';
import { identifyByApiKey, logIn } from '../../core/users/index.ts';
import { users } from '../../db/schema/users.ts';
import { type Config, readConfig } from '../../platform/config.ts';
import { type TestContext, testContext } from '../harness/context.ts';

function dataFolder() {
  const path = mkdtempSync(join(tmpdir(), 'trunkline-seed-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

const varsOf = (t: TestContext, dataDir: string): Record<string, string> => ({
  TRUNKLINE_DATA: dataDir,
  DATABASE_URL: t.databaseUrl,
  REDIS_URL: 'redis://127.0.0.1:1',
  LIVEKIT_URL: 'ws://127.0.0.1:1',
  LIVEKIT_API_KEY: 'key',
  LIVEKIT_API_SECRET: 'secret',
  INTERNAL_TOKEN: 'token',
  AUTH_SECRET: t.services.authSecret,
  ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
  PUBLIC_URL: 'http://127.0.0.1:8080',
  LOG_LEVEL: 'silent',
});

const configOf = (
  t: TestContext,
  dataDir: string,
  publicUrl = 'http://127.0.0.1:8080',
  transferTo = '',
): Config => readConfig({ ...varsOf(t, dataDir), PUBLIC_URL: publicUrl, DEMO_TRANSFER_TO: transferTo });

test('a first seed makes an admin who can sign in, a key that works, and a demo agent with a number', async () => {
  await using t = await testContext();
  using data = dataFolder();
  const made = await seed(configOf(t, data.path));
  const session = await logIn(t.anonymous, { email: made.adminEmail, password: made.adminPassword ?? '' });
  expect(session).toMatchObject({ role: 'superuser', user: { isSuperuser: true } });
  const ctx = t.as(await identifyByApiKey(t.services, made.apiKey));
  expect(ctx).toMatchObject({ workspaceId: session.workspaceId, role: 'admin' });
  expect(await getAgent(ctx, { agentId: made.demo.agentId })).toMatchObject({
    webSlug: 'demo',
    isDemo: true,
    phoneNumbers: [made.demo.number],
    definition: {
      llm: { model: 'scripted/receptionist' },
      maxCallDurationMs: 600_000,
      transferTo: '',
      functions: [{ name: 'book_appointment', url: 'http://127.0.0.1:8080/demo/bookings' }],
    },
  });
  expect(await listNumbers(ctx, {})).toMatchObject([
    { e164: made.demo.number, provider: 'local', allowedAddresses: ['127.0.0.1/32'] },
  ]);
});

test('a demo agent is given somebody to put callers through to', async () => {
  await using t = await testContext();
  using data = dataFolder();
  const made = await seed(configOf(t, data.path, 'http://127.0.0.1:8080', 'sip:desk@127.0.0.1:5070'));
  const ctx = t.as(await identifyByApiKey(t.services, made.apiKey));
  expect((await getAgent(ctx, { agentId: made.demo.agentId })).definition.transferTo).toBe(
    'sip:desk@127.0.0.1:5070',
  );
});

test('a second seed changes nothing and does not know the password any more', async () => {
  await using t = await testContext();
  using data = dataFolder();
  const { adminPassword, ...first } = await seed(configOf(t, data.path));
  expect(await seed(configOf(t, data.path))).toEqual(first);
  expect(adminPassword).toHaveLength(16);
  expect(await t.db.select().from(users)).toHaveLength(1);
});

test('a first start that ends before it has shown the password leaves it to the next one, which forgets it', async () => {
  await using t = await testContext();
  using data = dataFolder();
  const file = join(data.path, 'seed.json');
  const start = (vars = {}) =>
    ensureSeed({ ...varsOf(t, data.path), ...vars }, { embedded: false, fresh: false });
  const first = await start();
  expect(await start()).toMatchObject({ adminPassword: first?.adminPassword });
  const second = await start({ PUBLIC_URL: 'http://127.0.0.1:8081' });
  const login = { email: second?.adminEmail ?? '', password: second?.adminPassword ?? '' };
  await expect(logIn(t.anonymous, login)).resolves.toMatchObject({ role: 'superuser' });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  forgetPassword(data.path);
  expect(readFileSync(file, 'utf8')).not.toContain(login.password);
  expect((await start())?.adminPassword).toBeUndefined();
  expect((await start({ PUBLIC_URL: 'http://127.0.0.1:8082' }))?.adminPassword).toBeUndefined();
});

test('the key stands in secrets.json beside the other secrets, readable by its owner only', async () => {
  await using t = await testContext();
  using data = dataFolder();
  const file = join(data.path, 'secrets.json');
  writeFileSync(file, JSON.stringify({ authSecret: 'kept' }), { mode: 0o600 });
  const { apiKey } = await seed(configOf(t, data.path));
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ authSecret: 'kept', demoApiKey: apiKey });
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('a data folder that comes to another database gets a key of that database', async () => {
  await using t = await testContext();
  using data = dataFolder();
  writeFileSync(join(data.path, 'secrets.json'), JSON.stringify({ demoApiKey: 'tk_of_another_database' }));
  const { apiKey } = await seed(configOf(t, data.path));
  expect(apiKey).not.toBe('tk_of_another_database');
  await expect(identifyByApiKey(t.services, apiKey)).resolves.toMatchObject({ role: 'admin' });
});

test('a demo agent that was deleted comes back with the number', async () => {
  await using t = await testContext();
  using data = dataFolder();
  const first = await seed(configOf(t, data.path));
  const ctx = t.as(await identifyByApiKey(t.services, first.apiKey));
  await deleteAgent(ctx, { agentId: first.demo.agentId });
  const second = await seed(configOf(t, data.path));
  expect(second.demo.agentId).not.toBe(first.demo.agentId);
  expect(await listAgents(ctx, {})).toMatchObject([
    { id: second.demo.agentId, phoneNumbers: [second.demo.number], webSlug: 'demo' },
  ]);
});

test('the demo function follows the public URL, and nothing else of the agent does', async () => {
  await using t = await testContext();
  using data = dataFolder();
  const { demo, apiKey } = await seed(configOf(t, data.path));
  const ctx = t.as(await identifyByApiKey(t.services, apiKey));
  const before = await getAgent(ctx, { agentId: demo.agentId });
  await seed(configOf(t, data.path, 'https://voice.harbor.test'));
  const after = await getAgent(ctx, { agentId: demo.agentId });
  expect(after.definition.functions[0]?.url).toBe('https://voice.harbor.test/demo/bookings');
  expect({ ...after.definition, functions: [] }).toEqual({ ...before.definition, functions: [] });
});

test('an administrator who took the superuser right away keeps it away', async () => {
  await using t = await testContext();
  using data = dataFolder();
  const { adminEmail } = await seed(configOf(t, data.path));
  await t.db.update(users).set({ isSuperuser: false }).where(eq(users.email, adminEmail));
  await seed(configOf(t, data.path));
  expect(await t.db.select().from(users)).toMatchObject([{ isSuperuser: false }]);
});
