import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { and, asc, eq, isNull, sql } from 'drizzle-orm';
import { createAgent, getAgent, updateAgent } from '../core/agents/index.ts';
import { createApiKey } from '../core/api-keys/index.ts';
import type { Context, Services } from '../core/context.ts';
import { DomainError } from '../core/errors.ts';
import { listNumbers, mapAgent, registerSipTrunk } from '../core/numbers/index.ts';
import { identifyByApiKey, signUp } from '../core/users/index.ts';
import { type DatabaseHandle, openDatabase } from '../db/client.ts';
import { agents } from '../db/schema/agents.ts';
import { memberships } from '../db/schema/memberships.ts';
import { users } from '../db/schema/users.ts';
import { allowedHosts, type Config } from '../platform/config.ts';
import { randomToken, Sealer } from '../platform/crypto.ts';
import { createLogger } from '../platform/log.ts';
import { absentPorts } from './absent-ports.ts';
import { demoBookingsPath, demoDefinition } from './demo-agent.ts';
import { writePrivate } from './private-file.ts';

export interface SeedResult {
  readonly adminEmail: string;
  /** Only when the account has just been made; nobody can look it up again. */
  readonly adminPassword?: string;
  /** A key of the admin's workspace, for X-API-Key. */
  readonly apiKey: string;
  readonly demo: { readonly agentId: string; readonly number: string; readonly slug: string };
}

const adminEmail = 'admin@trunkline.local';
const demoSlug = 'demo';
/** Of the range that is kept for fiction, so it is nobody's. */
const demoNumber = '+12025550100';

/**
 * Makes what a fresh installation needs to be of use: an admin, a key for scripts, a demo agent and its number.
 * Safe to run again: what is there stays as the operator left it, what is missing comes back.
 */
export async function seed(config: Config): Promise<SeedResult> {
  const handle = openDatabase(config.databaseUrl, { max: 2 });
  try {
    return await seedDatabase(config, handle);
  } finally {
    await handle.close();
  }
}

async function seedDatabase(config: Config, { db }: DatabaseHandle): Promise<SeedResult> {
  const services = servicesOf(config, db);
  const admin = await ensureAdmin(services);
  const apiKey = await ensureApiKey(admin.ctx, config.dataDir);
  const agent = await ensureDemoAgent(admin.ctx, config.publicUrl, config.env.DEMO_TRANSFER_TO);
  await ensureDemoNumber(admin.ctx, agent.id);
  return {
    adminEmail,
    ...(admin.password === undefined ? {} : { adminPassword: admin.password }),
    apiKey,
    demo: { agentId: agent.id, number: demoNumber, slug: agent.webSlug ?? demoSlug },
  };
}

function servicesOf(config: Config, db: Services['db']): Services {
  return {
    db,
    ports: { ...absentPorts('Seeding'), allowedHosts: allowedHosts(config) },
    sealer: new Sealer(config.secrets.encryptionKey),
    log: createLogger('seed', { level: config.env.LOG_LEVEL, pii: config.env.LOG_PII }),
    publicUrl: config.publicUrl,
    authSecret: config.secrets.authSecret,
  };
}

async function ensureAdmin(services: Services): Promise<{ ctx: Context; password?: string }> {
  const base = { services, surface: 'cli', requestId: 'seed', ip: null };
  const [known] = await services.db
    .select({ id: users.id, workspaceId: memberships.workspaceId })
    .from(users)
    .innerJoin(memberships, eq(memberships.userId, users.id))
    .where(eq(sql`lower(${users.email})`, adminEmail))
    .orderBy(asc(memberships.createdAt))
    .limit(1);
  const asAdmin = (userId: string, workspaceId: string): Context => ({
    ...base,
    actor: { kind: 'user', userId },
    workspaceId,
    role: 'superuser',
  });
  if (known) return { ctx: asAdmin(known.id, known.workspaceId) };
  const password = randomToken(12);
  const nobody: Context = { ...base, actor: { kind: 'anonymous' }, workspaceId: null, role: null };
  const { user, workspaceId } = await signUp(nobody, {
    email: adminEmail,
    password,
    name: 'Admin',
    workspaceName: 'Home',
    isConfirmed: true,
  });
  if (workspaceId === null) throw new Error('Signing up makes a workspace.');
  // No operation makes a superuser: only who holds the database may.
  await services.db.update(users).set({ isSuperuser: true }).where(eq(users.id, user.id));
  return { ctx: asAdmin(user.id, workspaceId), password };
}

/** The clear text of the key stands in DATA/secrets.json, because later starts write it into run.json. */
async function ensureApiKey(ctx: Context, dataDir: string): Promise<string> {
  const file = join(dataDir, 'secrets.json');
  const secrets = readSecrets(file);
  const kept = secrets.demoApiKey;
  if (typeof kept === 'string' && (await opens(ctx, kept))) return kept;
  const { key } = await createApiKey(ctx, { name: 'Scripts of this machine', role: 'admin' });
  writePrivate(file, { ...secrets, demoApiKey: key });
  return key;
}

function readSecrets(file: string): Record<string, unknown> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {};
    throw new Error(`${file} cannot be read.`, { cause: error });
  }
}

/** Whether the key still is one of this workspace: the data folder may have been moved to another database. */
async function opens(ctx: Context, key: string): Promise<boolean> {
  try {
    return (await identifyByApiKey(ctx.services, key)).workspaceId === ctx.workspaceId;
  } catch (error) {
    if (error instanceof DomainError && error.code === 'unauthenticated') return false;
    throw error;
  }
}

type AgentRow = typeof agents.$inferSelect;

async function ensureDemoAgent(ctx: Context, publicUrl: string, transferTo: string): Promise<AgentRow> {
  const { db } = ctx.services;
  const [known] = await db
    .select()
    .from(agents)
    .where(
      and(eq(agents.isDemo, true), isNull(agents.deletedAt), eq(agents.workspaceId, ctx.workspaceId ?? '')),
    );
  if (known) {
    await followPublicUrl(ctx, known.id, publicUrl);
    return known;
  }
  const make = (webSlug: string) =>
    createAgent(ctx, { name: 'Front desk', webSlug, definition: demoDefinition(publicUrl, transferTo) });
  const made = await make(demoSlug).catch((error: unknown) => {
    // The operator gave the slug to an agent of their own.
    if (error instanceof DomainError && error.code === 'conflict')
      return make(
        `${demoSlug}-${randomToken(4)
          .toLowerCase()
          .replaceAll(/[^a-z0-9]/g, '')}1`,
      );
    throw error;
  });
  const [agent] = await db.update(agents).set({ isDemo: true }).where(eq(agents.id, made.id)).returning();
  if (!agent) throw new Error('The demo agent was there a moment ago.');
  return agent;
}

/** The control plane may listen on another port than last time; the demo's own function moves along. */
async function followPublicUrl(ctx: Context, agentId: string, publicUrl: string): Promise<void> {
  const { definition } = await getAgent(ctx, { agentId });
  const functions = definition.functions.map((custom) =>
    custom.name === 'book_appointment' && custom.url.endsWith(demoBookingsPath)
      ? { ...custom, url: `${publicUrl}${demoBookingsPath}` }
      : custom,
  );
  await updateAgent(ctx, { agentId, definition: { functions } });
}

async function ensureDemoNumber(ctx: Context, agentId: string): Promise<void> {
  const known = (await listNumbers(ctx, {})).find((number) => number.e164 === demoNumber);
  if (known) {
    if (known.agentId === null) await mapAgent(ctx, { phoneNumber: demoNumber, agentId });
    return;
  }
  await registerSipTrunk(ctx, {
    phoneNumber: demoNumber,
    // Where a softphone of this machine listens; nobody else may call in.
    sipAddress: '127.0.0.1',
    allowedAddresses: ['127.0.0.1/32'],
    provider: 'local',
    label: 'Demo line',
    agentId,
  });
}
