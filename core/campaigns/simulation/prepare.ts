import { sql } from 'drizzle-orm';
import { workspaces } from '../../../db/schema/workspaces.ts';
import { newId } from '../../../platform/ids.ts';
import { createAgent } from '../../agents/index.ts';
import { listNumbersNow } from '../../contacts/list-numbers.ts';
import { type Context, nowMs, type Services, systemContext } from '../../context.ts';
import { recordSync, registerSipTrunk } from '../../numbers/index.ts';
import { startCampaign } from '../control.ts';
import { createCampaign } from '../create.ts';
import { type Callee, people } from './people.ts';
import type { SimulationSettings } from './settings.ts';

export interface Prepared {
  readonly ctx: Context;
  readonly workspaceId: string;
  readonly campaignId: string;
}

const chunk = 5_000;

/** A workspace with an agent, a number, and a running campaign with all its people. */
export async function prepare(services: Services, settings: SimulationSettings): Promise<Prepared> {
  const workspaceId = newId();
  await services.db.insert(workspaces).values({ id: workspaceId, name: 'Simulation' });
  const ctx = systemContext(services, 'simulate', workspaceId);
  const agent = await createAgent(ctx, { name: 'Simulated', definition: { firstMessage: 'Hello!' } });
  const number = await registerSipTrunk(ctx, {
    ...{ phoneNumber: '+12025550100', sipAddress: 'sip.carrier.test', agentId: agent.id },
  });
  await recordSync(ctx, {
    ...{ phoneNumberId: number.id, inboundTrunkId: 'ST_in', outboundTrunkId: 'ST_out' },
    ...{ dispatchRuleId: 'SDR', error: null },
  });
  const { rules, retries, maxConcurrency, minutePriceMicros, budgetMicros } = settings;
  const { id: campaignId } = await createCampaign(ctx, {
    ...{ name: 'Simulation', agentId: agent.id, fromNumbers: [number.e164] },
    ...{ rules, retries, maxConcurrency, minutePriceMicros, budgetMicros },
  });
  await addPeople(ctx, { workspaceId, campaignId }, settings);
  await startCampaign(ctx, { campaign: campaignId });
  await services.db.execute(sql`analyze`);
  return { ctx, workspaceId, campaignId };
}

async function addPeople(
  ctx: Context,
  { workspaceId, campaignId }: Omit<Prepared, 'ctx'>,
  settings: SimulationSettings,
): Promise<void> {
  const { db } = ctx.services;
  const atMs = nowMs(ctx);
  let waiting: (Callee & { nextAt: string })[] = [];
  const write = async () => {
    const listed = waiting.filter((callee) => callee.listed).map(({ phone }) => phone);
    await listNumbersNow(db, {
      ...{ workspaceId, campaignId: null, phones: listed, source: 'import', note: '', callId: null },
      ...{ addedBy: 'simulate', atMs },
    });
    await db.execute(sql`
      insert into contacts (id, workspace_id, campaign_id, phone, window_key, consent, next_attempt_at)
      select id, ${workspaceId}::uuid, ${campaignId}::uuid, phone, "windowKey", consent, "nextAt"
      from jsonb_to_recordset(${JSON.stringify(waiting)}::jsonb) as given(id uuid, phone text,
        "windowKey" text, consent text, "nextAt" timestamptz)`);
    waiting = [];
  };
  let n = 0;
  for (const callee of people(settings)) {
    // Each a millisecond after the one before: so it is told who is called first.
    waiting.push({ ...callee, nextAt: new Date(atMs - settings.contacts + n++).toISOString() });
    if (waiting.length === chunk) await write();
  }
  if (waiting.length > 0) await write();
}
