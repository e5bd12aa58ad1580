import { eq, sql } from 'drizzle-orm';
import type { Database } from '../../../db/client.ts';
import { campaignDays } from '../../../db/schema/campaign-days.ts';
import { contacts } from '../../../db/schema/contacts.ts';
import { waitFor } from '../../../platform/retry.ts';
import { callableNumber } from '../../factories/callable.ts';
import { allDay } from '../../factories/campaigns.ts';
import type { Product } from '../../harness/product.ts';
import { registerLine } from '../../voice/lines.ts';
import type { CalleeFarm } from './farm.ts';

/** Nobody on the farm has it. */
const ours = '+12025550165';
const again = (most: number) => ({ most, delay_ms: 2_000, jitter: 0, other_hour: false });

/**
 * A campaign of people on the farm, who are tried again after seconds, with one line for each of a few calls at once.
 */
export async function campaignOn(
  product: Product,
  db: Database,
  farm: CalleeFarm,
  people: number,
): Promise<{ readonly id: string; readonly slug: string }> {
  const { agentId } = await registerLine(product, {
    ...{ number: ours, sipAddress: `127.0.0.1:${farm.phone.address.port}` },
    agent: { agent_name: 'Reminders', first_message: 'Hello, this is Harbor Dental.' },
  });
  const campaign = await product.api<{ id: string; slug: string }>('POST', '/api/v/campaign/', {
    ...{ name: 'Reminders', agent_id: agentId, phone_numbers: [ours], rules: { windows: allDay } },
    ...{ max_concurrency: 4, calls_per_second: 3 },
    retries: {
      ...{ max_attempts: 12, busy: again(1), no_answer: again(3), voicemail: again(3) },
      ...{ failed: again(8), dropped: again(8) },
    },
  });
  const rows = Array.from({ length: people }, (_, n) => `${callableNumber(n)},written`);
  const form = new FormData();
  form.append('file', new Blob([`phone,consent\n${rows.join('\n')}\n`]), 'people.csv');
  const answer = await fetch(`${product.run.url}/api/v/upload/${campaign.slug}/`, {
    ...{ method: 'POST', headers: { 'x-api-key': product.run.apiKey }, body: form },
  });
  if (!answer.ok) throw new Error(`The upload was refused: ${answer.status} ${await answer.text()}`);
  await waitFor(
    'the list to be imported',
    async () => (await db.$count(contacts, eq(contacts.campaignId, campaign.id))) === people,
    { timeoutMs: 60_000, everyMs: 100 },
  );
  await giveAPast(db, campaign.id);
  return campaign;
}

/**
 * A thousand people answered ten days ago and were spoken to. Whoever a fault leaves in silence counts as abandoned, as
 * they must; without a past a handful of them would be more than 3 %, and the dialer would stop for the law's sake.
 */
async function giveAPast(db: Database, campaignId: string): Promise<void> {
  const at = new Date(Date.now() - 10 * 86_400_000);
  const day = at.toISOString().slice(0, 10);
  const when = at.toISOString();
  await db.execute(sql`
    insert into calls (id, workspace_id, agent_id, agent_version_id, campaign_id, channel, direction, status, room_name,
      queued_at, dialed_at, answered_at, first_word_at, ended_at, finalized_at, duration_ms, disposition, dial_outcome,
      end_reason, created_at)
    select gen_random_uuid(), c.workspace_id, c.agent_id, a.live_version_id, c.id, 'phone', 'outbound', 'ended',
      'past-' || n, ${when}, ${when}, ${when}, ${when}, ${when}, ${when}, 1000, 'completed', 'answered',
      'caller_hung_up', ${when}
    from campaigns c join agents a on a.id = c.agent_id cross join generate_series(1, 1000) as n
    where c.id = ${campaignId}`);
  await db
    .insert(campaignDays)
    .values({ campaignId, day, dialed: 1_000, answered: 1_000, liveAnswered: 1_000 });
}
