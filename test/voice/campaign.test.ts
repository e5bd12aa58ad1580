import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { isAbandoned } from '../../core/campaigns/engine/day.ts';
import { type DatabaseHandle, openDatabase } from '../../db/client.ts';
import { attempts } from '../../db/schema/attempts.ts';
import { calls } from '../../db/schema/calls.ts';
import { contacts } from '../../db/schema/contacts.ts';
import { decisions } from '../../db/schema/decisions.ts';
import { doNotCall } from '../../db/schema/do-not-call.ts';
import { waitFor } from '../../platform/retry.ts';
import { answerAfter, busy, declined } from '../../simulate/softphone/callee.ts';
import { Softphone } from '../../simulate/softphone/softphone.ts';
import { callableNumber, uncallableNumber } from '../factories/callable.ts';
import { allDay } from '../factories/campaigns.ts';
import { judgedClean } from '../factories/judged.ts';
import type { Product } from '../harness/product.ts';
import { sharedProduct } from '../harness/shared-product.ts';

const ours = '+14155550164';
/** Who is called, and what they do. */
const people = {
  answers: callableNumber(1),
  answersToo: callableNumber(2),
  busy: callableNumber(3),
  declines: callableNumber(4),
  listed: callableNumber(5),
  asleep: uncallableNumber(6),
};

describe('a campaign', () => {
  let product: Product;
  let phone: Softphone;
  let database: DatabaseHandle;

  beforeAll(async () => {
    product = await sharedProduct();
    phone = await Softphone.listen({ user: 'callee' });
    database = openDatabase(product.databaseUrl, { max: 2 });
    const talk = answerAfter(200, async (call) => {
      await call.heardSpeech({ afterMs: 0, minMs: 200, timeoutMs: 20_000 });
      await call.hangup();
    });
    phone.onInvite((invite) => {
      if (invite.to === people.busy) return busy()(invite);
      return invite.to === people.declines ? declined(603)(invite) : talk(invite);
    });
  });

  afterAll(async () => {
    await phone?.close();
    await database?.close();
  });

  it('rings everybody as often as its attempts say, and nobody who must not be called', async () => {
    const campaign = await prepare(product, phone);
    const { db } = database;
    const [row] = await db.select().from(contacts).where(eq(contacts.campaignId, campaign.id)).limit(1);
    await db.insert(doNotCall).values({
      ...{ workspaceId: row?.workspaceId ?? '', phone: people.listed, source: 'manual' },
    });
    const setStatus = (status: string) =>
      product.api<unknown>('PATCH', `/api/v/campaign/${campaign.slug}/`, { status });
    await setStatus('running');
    // Whoever waits is not called while other tests use the product.
    onTestFinished(async () => void (await setStatus('stopped')));
    await waitFor(
      'everybody but those who are asleep to be dealt with',
      async () => {
        const states = await db.select().from(contacts).where(eq(contacts.campaignId, campaign.id));
        const over = states.filter(({ lastOutcome, state }) => lastOutcome !== null || state === 'blocked');
        return over.length === 5 ? states : undefined;
      },
      { timeoutMs: 90_000, everyMs: 250 },
    );
    const states = await db.select().from(contacts).where(eq(contacts.campaignId, campaign.id));
    const stateOf = Object.fromEntries(
      states.map((one) => [one.phone, [one.state, one.lastOutcome ?? one.blockedReason]]),
    );
    expect(stateOf).toEqual({
      [people.answers]: ['done', 'completed'],
      [people.answersToo]: ['done', 'completed'],
      [people.busy]: ['waiting', 'busy'],
      [people.declines]: ['waiting', 'rejected'],
      [people.listed]: ['blocked', 'do_not_call'],
      [people.asleep]: ['waiting', null],
    });

    // Counted by whoever was called, not by us.
    const tried = await db.select().from(attempts).where(eq(attempts.campaignId, campaign.id));
    const rung = tried.filter(({ dialedAt }) => dialedAt !== null);
    for (const number of Object.values(people))
      expect([number, phone.invitesTo(number)]).toEqual([
        number,
        rung.filter((attempt) => attempt.phone === number).length,
      ]);
    expect(rung).toHaveLength(4);

    // Every call that rang has its one permission, given before it rang.
    const permissions = await db.select().from(decisions).where(eq(decisions.stage, 'invite'));
    const made = await db.select().from(calls).where(eq(calls.campaignId, campaign.id));
    for (const { id } of rung) {
      const own = permissions.filter((one) => one.attemptId === id);
      expect(own).toMatchObject([{ allowed: true }]);
      const call = made.find((one) => one.id === id);
      expect(call?.dialedAt?.getTime()).toBe(own[0]?.at.getTime());
    }
    expect(made.filter((one) => one.answeredAt && isAbandoned({ ...one, outcome: 'completed' }))).toEqual([]);

    expect((await judgedClean(db)).decisions).toBe(4);

    const status = await product.api('GET', `/api/v/campaign/${campaign.slug}/status/`);
    expect(status).toMatchObject({
      calls: { dialed: 4, answered: 2, busy: 2 },
      abandon: { live_answered: 2, abandoned: 0, state: 'ok' },
      contacts: { total: 6, done: 2, waiting: 3, blocked: 1 },
    });
  });
});

/** A number with its agent and trunk, and a campaign of all the people from a CSV file. */
async function prepare(product: Product, phone: Softphone): Promise<{ id: string; slug: string }> {
  await product.api('POST', '/phonenumbers/sip_trunk', {
    ...{ sip_address: `127.0.0.1:${phone.address.port}`, phone_number: ours, provider: 'custom' },
  });
  const agent = await product.api<{ id: string }>('POST', '/agents', {
    ...{ agent_name: 'Reminders', LLM_model: 'scripted/receptionist' },
    first_message: 'Hello {{name}}, this is Harbor Dental calling about your appointment.',
  });
  await product.api('PUT', '/phonenumbers/map_agent', { phone_number: ours, agent_id: agent.id });
  await waitFor(
    'the trunk to be set up',
    async () => {
      const page = await product.api<{ phone_number: string; sync_state: string }[]>('GET', '/phonenumbers');
      return page.some((one) => one.phone_number === ours && one.sync_state === 'synced');
    },
    { timeoutMs: 45_000, everyMs: 100 },
  );
  const campaign = await product.api<{ id: string; slug: string }>('POST', '/api/v/campaign/', {
    ...{ name: 'Reminders', agent_id: agent.id, phone_numbers: [ours], rules: { windows: allDay } },
  });
  const rows = Object.entries(people).map(([name, number]) => `${number},${name},written`);
  const form = new FormData();
  form.append('file', new Blob([`phone,name,consent\n${rows.join('\n')}\n`]), 'people.csv');
  const answer = await fetch(`${product.run.url}/api/v/upload/${campaign.slug}/`, {
    ...{ method: 'POST', headers: { 'x-api-key': product.run.apiKey }, body: form },
  });
  expect(answer.status).toBe(201);
  await waitFor(
    'the list to be imported',
    async () => {
      const status = await product.api<{ contacts: { total: number } }>(
        'GET',
        `/api/v/campaign/${campaign.slug}/status/`,
      );
      return status.contacts.total === Object.keys(people).length;
    },
    { timeoutMs: 45_000, everyMs: 200 },
  );
  return campaign;
}
