import { eq, sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { healCampaigns } from '../../core/campaigns/engine/index.ts';
import { attempts } from '../../db/schema/attempts.ts';
import { calls } from '../../db/schema/calls.ts';
import { contacts } from '../../db/schema/contacts.ts';
import { attemptsOf, dialer, runningCampaign } from '../factories/dialer.ts';
import { testContext } from '../harness/context.ts';

describe('what a crash leaves behind', () => {
  test('is put right from what stands in Postgres, and nobody is lost', async () => {
    await using t = await testContext();
    const { campaign } = await runningCampaign(t, { people: 4 });
    await dialer(t).look();
    const [one, two, three, four] = await attemptsOf(t, campaign.id);
    if (!one || !two || !three || !four) throw new Error('Four people, four calls.');
    // A call that was closed, and the attempt did not hear of it.
    await t.db
      .update(calls)
      .set({ status: 'ended', endedAt: new Date(), disposition: 'busy', finalizedAt: new Date() })
      .where(eq(calls.id, one.id));
    await t.db
      .update(attempts)
      .set({ state: 'dialing', dialedAt: new Date() })
      .where(eq(attempts.id, one.id));
    // Calls that are gone: one that had rung, one that had not.
    await t.db
      .update(attempts)
      .set({ state: 'dialing', dialedAt: new Date() })
      .where(eq(attempts.id, two.id));
    await t.db.delete(calls).where(sql`${calls.id} in (${two.id}, ${three.id})`);
    // A person without an attempt.
    await t.db.delete(attempts).where(eq(attempts.id, four.id));
    expect(await healCampaigns(t.system(), { olderThanMs: 0 })).toEqual({ settled: 1, orphans: 2, freed: 1 });
    const states = await t.db.select().from(attempts).orderBy(attempts.createdAt);
    expect(Object.fromEntries(states.map(({ id, state, outcome }) => [id, [state, outcome]]))).toEqual({
      [one.id]: ['ended', 'busy'],
      [two.id]: ['ended', 'unknown'],
      [three.id]: ['withdrawn', 'not_dialed'],
    });
    const people = await t.db.select().from(contacts);
    expect(people.map(({ state }) => state)).toEqual(['waiting', 'waiting', 'waiting', 'waiting']);
    expect(await healCampaigns(t.system(), { olderThanMs: 0 })).toEqual({ settled: 0, orphans: 0, freed: 0 });
  });
});

test('an attempt without a call is put right however many calls go on', async () => {
  await using t = await testContext();
  const { campaign } = await runningCampaign(t, { people: 2 });
  await dialer(t).look();
  const [going, lost] = await attemptsOf(t, campaign.id);
  if (!going || !lost) throw new Error('Two people, two calls.');
  for (const [table, more] of [
    ['attempts', `, 'contact_id', gen_random_uuid()`],
    ['calls', `, 'room_name', 'call-' || n`],
  ] as const)
    await t.db.execute(
      sql.raw(`insert into ${table} select (jsonb_populate_record(null::${table}, to_jsonb(one) || jsonb_build_object(
        'id', ('00000000-0000-8000-8000-' || lpad(n::text, 12, '0'))::uuid ${more}))).*
        from ${table} one, generate_series(1, 1000) n where one.id = '${going.id}'`),
    );
  await t.db.delete(calls).where(eq(calls.id, lost.id));
  expect(await healCampaigns(t.system(), { olderThanMs: 0 })).toMatchObject({ orphans: 1 });
});
