import { Redis } from 'ioredis';
import { RoomServiceClient } from 'livekit-server-sdk';
import pg from 'pg';
import { CliError, sentenceOf } from './cli-error.ts';

const timeoutMs = 5_000;

/**
 * Proves that DATABASE_URL leads to a PostgreSQL that lets us in. Throws a CliError in one sentence, without secrets.
 */
export async function checkDatabase(url: string): Promise<void> {
  const where = place(url, 'DATABASE_URL', ['postgres:', 'postgresql:']);
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: timeoutMs });
  client.on('error', () => {});
  try {
    await client.connect();
    const { rows } = await client.query<{ version: string }>(
      "select current_setting('server_version_num') as version",
    );
    const version = Math.floor(Number(rows[0]?.version ?? 0) / 10_000);
    if (version < 15)
      throw new CliError(`DATABASE_URL leads to PostgreSQL ${version}; 15 or newer is needed.`);
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(`DATABASE_URL does not work (${where}): ${databaseReason(error)}.`);
  } finally {
    await client.end().catch(() => {});
  }
}

export async function checkRedis(url: string): Promise<void> {
  const where = place(url, 'REDIS_URL', ['redis:', 'rediss:']);
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null, connectTimeout: timeoutMs });
  let last: unknown;
  redis.on('error', (error) => {
    last = error;
  });
  try {
    await redis.connect();
    await redis.ping();
  } catch (error) {
    throw new CliError(`REDIS_URL does not work (${where}): ${networkReason(last ?? error)}.`);
  } finally {
    redis.disconnect();
  }
}

export async function checkLivekit(url: string, apiKey: string, apiSecret: string): Promise<void> {
  const where = place(url, 'LIVEKIT_URL', ['ws:', 'wss:', 'http:', 'https:']);
  const rooms = new RoomServiceClient(url.replace(/^ws/, 'http'), apiKey, apiSecret, {
    requestTimeout: timeoutMs / 1_000,
  });
  try {
    await rooms.listRooms(['trunkline-check']);
  } catch (error) {
    const status = (error as { status?: number }).status;
    const reason =
      status === 401 || status === 403
        ? 'it refuses LIVEKIT_API_KEY and LIVEKIT_API_SECRET'
        : networkReason(error);
    throw new CliError(`LIVEKIT_URL does not work (${where}): ${reason}.`);
  }
}

function place(url: string, name: string, protocols: readonly string[]): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !protocols.includes(parsed.protocol))
    throw new CliError(
      `${name} is not a URL that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}.`,
    );
  return `${parsed.host}${parsed.pathname === '/' ? '' : parsed.pathname}`;
}

function databaseReason(error: unknown): string {
  switch ((error as { code?: string }).code) {
    case '28P01':
    case '28000':
      return 'user name or password is wrong';
    case '3D000':
      return 'this database does not exist';
    case '53300':
      return 'the server has no free connection';
    default:
      return networkReason(error);
  }
}

function networkReason(error: unknown): string {
  const inner = error instanceof AggregateError ? error.errors[0] : error;
  const cause = (inner as { cause?: unknown }).cause ?? inner;
  switch ((cause as { code?: string }).code) {
    case 'ECONNREFUSED':
      return 'nothing listens there';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'there is no such host';
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'the host does not answer';
    default:
      return sentenceOf(cause).replace(/\.$/, '');
  }
}
