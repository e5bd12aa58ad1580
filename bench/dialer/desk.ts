import { randomBytes } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { createCampaign, startCampaign } from '../../core/campaigns/index.ts';
import { isOpen, locate, ruleSettings, windowKey } from '../../core/campaigns/rules/index.ts';
import { foldContactCounts } from '../../core/contacts/index.ts';
import { type Context, type Services, systemContext } from '../../core/context.ts';
import { recordSync, registerSipTrunk } from '../../core/numbers/index.ts';
import type { DatabaseHandle } from '../../db/client.ts';
import { workspaces } from '../../db/schema/workspaces.ts';
import { Sealer } from '../../platform/crypto.ts';
import { newId } from '../../platform/ids.ts';
import { createLogger } from '../../platform/log.ts';
import { allDay } from '../../test/factories/campaigns.ts';
import { newAgent } from '../../test/factories/lines.ts';
import { fakePorts } from '../../test/harness/fake-ports.ts';

/** A workspace that can dial: an agent, a number whose trunk is known, workers with room for all. */
export interface Desk {
  readonly handle: DatabaseHandle;
  readonly services: Services;
  readonly ctx: Context;
  readonly workspaceId: string;
  readonly agentId: string;
  readonly fromNumber: string;
}

/** Each desk has one of its own: they share a database. */
let nextNumber = 100;

export async function openDesk(handle: DatabaseHandle): Promise<Desk> {
  const ports = fakePorts();
  ports.workerHosts = [
    {
      ...{ hostId: 'bench', agentName: 'bench', pid: 1, slots: 1_000_000, active: 0, calls: [] },
      ...{ draining: false, loopDelayMs: 1, rssBytes: 1, nodeVersion: '', at: Date.now() },
    },
  ];
  const services: Services = {
    ...{ db: handle.db, ports, sealer: new Sealer(randomBytes(32).toString('base64')) },
    log: createLogger('bench', { level: 'silent' }),
    ...{ publicUrl: 'http://bench.test', authSecret: 'a secret of the bench, long enough to sign with' },
  };
  const workspaceId = newId();
  await handle.db.insert(workspaces).values({ id: workspaceId, name: 'bench' });
  const ctx = systemContext(services, 'bench', workspaceId);
  const agent = await newAgent(ctx);
  const fromNumber = `+12025550${nextNumber++}`;
  const number = await registerSipTrunk(ctx, {
    ...{ phoneNumber: fromNumber, sipAddress: 'bench.test', agentId: agent.id },
  });
  const ids = { inboundTrunkId: 'in', outboundTrunkId: 'out', dispatchRuleId: 'rule' };
  await recordSync(ctx, { phoneNumberId: number.id, ...ids, error: null });
  return { handle, services, ctx, workspaceId, agentId: agent.id, fromNumber };
}

/** Nobody is in two campaigns: whoever is on the phone would be put off. */
let nextPerson = 2_000_000;

/**
 * A running campaign of so many people of where it is day; all others are stopped and their calls over, or a look would
 * have those to count as well. Resolves to its id.
 */
export async function fillCampaign(desk: Desk, people: number): Promise<string> {
  const { handle, ctx, workspaceId, agentId, fromNumber } = desk;
  await handle.db.execute(sql`update campaigns set status = 'stopped' where status = 'running'`);
  await handle.db.execute(sql`
    update calls set status = 'ended', ended_at = now(), finalized_at = now(), disposition = 'canceled'
    where finalized_at is null`);
  await handle.db.execute(sql`
    update attempts set state = 'withdrawn', outcome = 'canceled', ended_at = now() where state = 'reserved'`);
  await handle.db.execute(sql`vacuum analyze calls, attempts`);
  const rules = ruleSettings.parse({ windows: allDay });
  const campaign = await createCampaign(ctx, {
    ...{ name: 'bench', agentId, fromNumbers: [fromNumber], rules },
  });
  const { area, country, place } = placeByDay(rules);
  await handle.db.execute(sql`
    insert into contacts (id, workspace_id, campaign_id, phone, country, window_key, consent, next_attempt_at)
    select gen_random_uuid(), ${workspaceId}, ${campaign.id}, ${area} || (${nextPerson}::int + n)::text, ${country},
      ${windowKey(place)}, 'written', now() - interval '1 hour'
    from generate_series(1, ${people}::int) as n`);
  nextPerson += people;
  await handle.db.execute(sql`vacuum analyze contacts`);
  await foldContactCounts(handle.db, campaign.id);
  await startCampaign(ctx, { campaign: campaign.id });
  return campaign.id;
}

/** Around the world the law allows a call somewhere at every hour. */
const areas = [
  { area: '+1212', country: 'US' },
  { area: '+1671', country: 'US' },
  { area: '+4930', country: 'DE' },
];

function placeByDay(rules: ReturnType<typeof ruleSettings.parse>) {
  for (const { area, country } of areas) {
    const place = locate({ phone: `${area}5550100`, country });
    if (!('problem' in place) && isOpen(rules, place, Date.now())) return { area, country, place };
  }
  throw new Error('Nobody may be called anywhere now.');
}
