import { createServer } from 'node:http';
import { sql } from 'drizzle-orm';
import { Redis } from 'ioredis';
import { buildApp } from '../../control-plane/app.ts';
import { closeServer, listen } from '../../control-plane/http/listen.ts';
import { createApiKey } from '../../core/api-keys/index.ts';
import { openDatabase } from '../../db/client.ts';
import { startRedis } from '../../test/harness/redis.ts';
import { get, time } from '../api/client.ts';
import { percentile, type Row } from '../kit.ts';
import { type Desk, fillCampaign, openDesk } from './desk.ts';
import type { Section } from './section.ts';

/** What somebody who watches a campaign asks for every second, over HTTP, when contacts and ledger are large. */
export const endpointsSection: Section = {
  name: 'endpoints',
  title: 'Status and live calls of a campaign',
  run: async ({ databaseUrl, quick }) => {
    const size = quick
      ? { contacts: 100_000, decisions: 500_000, attempts: 50_000, live: 200 }
      : { contacts: 1_000_000, decisions: 5_000_000, attempts: 1_000_000, live: 200 };
    const times = quick ? 30 : 100;
    const redis = await startRedis();
    const handle = openDatabase(databaseUrl, { max: 6 });
    try {
      const desk = await openDesk(handle);
      const campaignId = await fillCampaign(desk, size.contacts);
      await writeHistory(desk, campaignId, size);
      const rows = await ask(desk, redis.url, campaignId, times);
      return { rows, details: size };
    } finally {
      await handle.close();
      await redis.stop();
    }
  },
};

interface Size {
  readonly contacts: number;
  readonly decisions: number;
  readonly attempts: number;
  readonly live: number;
}

/** Attempts of the last days that are over, some that are on with their calls, and the ledger of all of it. */
async function writeHistory({ handle, workspaceId, agentId }: Desk, campaignId: string, size: Size) {
  const { db } = handle;
  await db.execute(sql`
    insert into attempts (id, workspace_id, campaign_id, contact_id, number, phone, from_number, trunk, state, dialed_at,
      ended_at, outcome, created_at, updated_at)
    select gen_random_uuid(), ${workspaceId}, ${campaignId}, id, 1, phone, '+12025550100', 'bench', 'ended', made, made, 'no_answer',
      made, made
    from (
      select id, phone, now() - interval '5 days' * row_number() over () / ${size.attempts}::int as made
      from contacts where campaign_id = ${campaignId} limit ${size.attempts}::int
    ) as dialed`);
  await db.execute(sql`
    with live as (
      insert into calls (id, workspace_id, agent_id, agent_version_id, campaign_id, channel, direction, status, room_name, from_number,
        to_number, answered_at)
      select gen_random_uuid(), ${workspaceId}, ${agentId}, (select live_version_id from agents where id = ${agentId}), ${campaignId},
        'phone', 'outbound', 'active', 'bench-live-' || n, '+12025550100', '+1415555' || lpad(n::text, 4, '0'), now()
      from generate_series(1, ${size.live}::int) as n returning id, to_number
    )
    insert into attempts (id, workspace_id, campaign_id, contact_id, number, phone, from_number, trunk, state, dialed_at)
    select id, ${workspaceId}, ${campaignId}, gen_random_uuid(), 1, to_number, '+12025550100', 'bench', 'dialing', now() from live`);
  await db.execute(sql`
    insert into campaign_days (campaign_id, day, dialed, answered, live_answered)
    select ${campaignId}, current_date - n, ${Math.floor(size.attempts / 5)}::int, 1000, 900 from generate_series(0, 4) as n`);
  await db.execute(sql`
    insert into decisions (workspace_id, campaign_id, contact_id, attempt_id, phone, stage, at, allowed, reason, rules_version, zones, facts)
    select ${workspaceId}, ${campaignId}, id, id, phone, (array['import', 'queue', 'invite', 'queue', 'invite'])[part], now(), true,
      'allowed', 'bench', '{America/New_York}', '{"attempts": {"day": 0, "week": 0, "total": 0}}'
    from contacts cross join generate_series(1, ${Math.ceil(size.decisions / size.contacts)}::int) as part
    where campaign_id = ${campaignId}`);
  for (const table of ['attempts', 'calls', 'decisions'])
    await db.execute(sql.raw(`vacuum analyze ${table}`));
}

async function ask(desk: Desk, redisUrl: string, campaignId: string, times: number): Promise<Row[]> {
  const redis = new Redis(redisUrl, { maxRetriesPerRequest: 1 });
  const app = buildApp({
    ...{ services: desk.services, redis, version: 'bench', internalToken: 'bench', pagesDir: '/nowhere' },
    demoEnabled: false,
    probes: { db: async () => 1, redis: async () => 1, livekit: async () => 1 },
    livekit: { apiKey: 'k', apiSecret: 's', browserUrl: 'ws://bench.test' },
    rateLimits: false,
  });
  const server = createServer(app.koa.callback());
  const url = `http://127.0.0.1:${await listen(server, { HOST: '127.0.0.1', PORT: 0 })}`;
  try {
    const { key } = await createApiKey(desk.ctx, { name: 'bench', role: 'admin' });
    const { rows } = await desk.handle.db.execute<{ slug: string }>(
      sql`select slug from campaigns where id = ${campaignId}`,
    );
    const slug = rows[0]?.slug ?? '';
    const row = async (figure: string, path: string): Promise<Row> => {
      const product = percentile(await time(times, () => get(`${url}${path}`, { 'x-api-key': key })), 0.95);
      return { figure, product, baseline: null, unit: 'ms', goal: '≤ 50 ms', met: product <= 50 };
    };
    return [
      await row('status, p95', `/api/v/campaign/${slug}/status/`),
      await row('live calls, p95', '/api/v/live/'),
      await row('list of campaigns, p95', '/api/v/campaign/'),
    ];
  } finally {
    app.endStreams();
    await closeServer(server);
    await app.close();
    redis.disconnect();
  }
}
