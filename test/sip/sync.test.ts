import { eq } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  deleteSip,
  getNumberForSync,
  mapAgent,
  registerSipTrunk,
  updateSip,
} from '../../core/numbers/index.ts';
import { outbox } from '../../db/schema/outbox.ts';
import { healNumbers } from '../../jobs/numbers/heal.ts';
import { syncNumberWithLiveKit } from '../../jobs/numbers/sync.ts';
import { waitFor } from '../../platform/retry.ts';
import { SipRejection } from '../../simulate/softphone/sip-rejection.ts';
import { Softphone } from '../../simulate/softphone/softphone.ts';
import { explainRefusal } from '../../sip/explain-refusal.ts';
import { readInventory, removeNumber } from '../../sip/sync-number.ts';
import { objectName } from '../../sip/trunks.ts';
import { newAgent, nextNumber } from '../factories/lines.ts';
import { newPerson } from '../factories/people.ts';
import { testContext } from '../harness/context.ts';
import { jobServices, type SipStack, startSipStack } from './support.ts';

let sip: SipStack;
const cleanups: (() => Promise<unknown> | unknown)[] = [];

beforeAll(async () => {
  sip = await startSipStack();
});
afterAll(() => sip?.close());
beforeEach(loseEverything);
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** As if LiveKit's Redis had been swapped for an empty one. */
async function loseEverything(): Promise<void> {
  const have = await readInventory(sip.livekit);
  for (const rule of have.rules) await sip.livekit.sip.deleteSipDispatchRule(rule.sipDispatchRuleId);
  for (const trunk of [...have.inbound, ...have.outbound])
    await sip.livekit.sip.deleteSipTrunk(trunk.sipTrunkId);
}

async function rig() {
  const t = await testContext();
  cleanups.push(() => t[Symbol.asyncDispose]());
  const { services, close } = jobServices(t, sip);
  cleanups.push(close);
  const { ctx } = await newPerson(t);
  const agent = await newAgent(ctx);
  const phoneNumber = nextNumber();
  const register = (input: Partial<Parameters<typeof registerSipTrunk>[1]> = {}) =>
    registerSipTrunk(ctx, { phoneNumber, sipAddress: '127.0.0.1:5099', agentId: agent.id, ...input });
  const sync = async (phoneNumberId: string) => {
    await syncNumberWithLiveKit(services, phoneNumberId);
    const row = await getNumberForSync(services.ctx, { phoneNumberId });
    if (!row) throw new Error('the number is there');
    return row;
  };
  return { t, services, ctx, agent, phoneNumber, register, sync };
}

/** The final SIP status a caller gets. */
async function callIn(to: string): Promise<number> {
  const phone = await Softphone.listen();
  cleanups.push(() => phone.close());
  const call = await phone.call({ from: '+14155550001', to: `sip:${to}@127.0.0.1:${sip.stack.sipPort}` });
  try {
    await call.answered({ timeoutMs: 8_000 });
    return 200;
  } catch (error) {
    if (error instanceof SipRejection) return error.status;
    throw error;
  }
}

describe('a number at LiveKit', () => {
  test('gets an inbound trunk, an outbound trunk and a rule that calls the agent, once', async () => {
    const { register, sync, phoneNumber } = await rig();
    const number = await register({ transport: 'tcp', krispEnabled: true });
    const first = await sync(number.id);
    expect(await sync(number.id)).toMatchObject({
      inboundTrunkId: first.inboundTrunkId,
      outboundTrunkId: first.outboundTrunkId,
      dispatchRuleId: first.dispatchRuleId,
      syncState: 'synced',
      syncError: null,
    });
    const { inbound, outbound, rules } = await readInventory(sip.livekit);
    expect(inbound).toHaveLength(1);
    expect(inbound[0]).toMatchObject({
      sipTrunkId: first.inboundTrunkId,
      name: objectName(number.id),
      numbers: [phoneNumber],
      allowedAddresses: ['127.0.0.0/8', '::1/128'],
      krispEnabled: true,
    });
    expect(outbound).toHaveLength(1);
    expect(outbound[0]).toMatchObject({ address: '127.0.0.1:5099', numbers: [phoneNumber], transport: 2 });
    expect(rules).toHaveLength(1);
    expect(rules[0]).toMatchObject({ trunkIds: [first.inboundTrunkId], krispEnabled: true });
    const [dispatch] = rules[0]?.roomConfig?.agents ?? [];
    expect(dispatch?.agentName).toBe('trunkline');
    expect(JSON.parse(dispatch?.metadata ?? '')).toEqual({ kind: 'inbound', phoneNumberId: number.id });
  });

  test('is changed in place, under the ids it has', async () => {
    const { register, sync, ctx, phoneNumber } = await rig();
    const number = await register();
    const before = await sync(number.id);
    await updateSip(ctx, {
      phoneNumber,
      sipAddress: '127.0.0.1:5100',
      authUsername: 'desk',
      authPassword: 'secret',
      allowedAddresses: ['198.51.100.0/24'],
    });
    const after = await sync(number.id);
    expect(after.inboundTrunkId).toBe(before.inboundTrunkId);
    expect(after.outboundTrunkId).toBe(before.outboundTrunkId);
    const { inbound, outbound, rules } = await readInventory(sip.livekit);
    expect([inbound.length, outbound.length, rules.length]).toEqual([1, 1, 1]);
    expect(inbound[0]?.allowedAddresses).toEqual(['198.51.100.0/24']);
    expect(outbound[0]).toMatchObject({
      address: '127.0.0.1:5100',
      authUsername: 'desk',
      authPassword: 'secret',
    });
  });

  test('loses its rule with its agent, and gets it back', async () => {
    const { register, sync, ctx, agent, phoneNumber } = await rig();
    const number = await register();
    await sync(number.id);
    await mapAgent(ctx, { phoneNumber, agentId: null });
    expect((await sync(number.id)).dispatchRuleId).toBeNull();
    expect((await readInventory(sip.livekit)).rules).toEqual([]);
    await mapAgent(ctx, { phoneNumber, agentId: agent.id });
    expect((await sync(number.id)).dispatchRuleId).not.toBeNull();
  });

  test('leaves nothing behind when it is deleted', async () => {
    const { t, register, sync, ctx, phoneNumber } = await rig();
    const number = await register();
    const { inboundTrunkId, outboundTrunkId, dispatchRuleId } = await sync(number.id);
    await deleteSip(ctx, { phoneNumber });
    const [message] = await t.db.select().from(outbox).where(eq(outbox.name, 'remove-number'));
    expect(message?.payload).toEqual({ inboundTrunkId, outboundTrunkId, dispatchRuleId });
    for (const _twice of [1, 2])
      await removeNumber(sip.livekit, { inboundTrunkId, outboundTrunkId, dispatchRuleId });
    expect(await readInventory(sip.livekit)).toEqual({ inbound: [], outbound: [], rules: [] });
  });

  test('that was deleted without a trace and comes back takes over what was left', async () => {
    const { register, sync, ctx, phoneNumber } = await rig();
    await sync((await register()).id);
    await deleteSip(ctx, { phoneNumber });
    const again = await register();
    const row = await sync(again.id);
    const { inbound, outbound, rules } = await readInventory(sip.livekit);
    expect([inbound.length, outbound.length, rules.length]).toEqual([1, 1, 1]);
    expect(inbound[0]).toMatchObject({ sipTrunkId: row.inboundTrunkId, name: objectName(again.id) });
    expect(row.syncState).toBe('synced');
  });

  test('is cleaned of doubles', async () => {
    const { register, sync, phoneNumber } = await rig();
    const number = await register();
    await sync(number.id);
    const double = { transport: 0, authUsername: '', authPassword: '' };
    await sip.livekit.sip.createSipOutboundTrunk(objectName(number.id), '203.0.113.1', [phoneNumber], double);
    await sync(number.id);
    const { outbound } = await readInventory(sip.livekit);
    expect(outbound.map((one) => one.address)).toEqual(['127.0.0.1:5099']);
  });

  test('that somebody else’s trunk answers for is not touched, and says so', async () => {
    const { register, sync, phoneNumber } = await rig();
    await sip.livekit.sip.createSipInboundTrunk('theirs', [phoneNumber]);
    const row = await sync((await register()).id);
    expect(row).toMatchObject({ syncState: 'failed', inboundTrunkId: null });
    expect(row.syncError).toContain('"theirs"');
    expect((await readInventory(sip.livekit)).inbound.map((one) => one.name)).toEqual(['theirs']);
  });

  test('never becomes a trunk that is open to everybody', async () => {
    const { register, sync } = await rig();
    const row = await sync((await register({ sipAddress: 'no-such-host.invalid' })).id);
    expect(row).toMatchObject({ syncState: 'failed', inboundTrunkId: null });
    expect(row.syncError).toContain('resolves to no address');
    // It can still place calls, should the name resolve later.
    expect(row.outboundTrunkId).not.toBeNull();
  });
});

describe('the heal', () => {
  test('has exactly the numbers set up again that LiveKit has lost', async () => {
    const { services, register, sync, t } = await rig();
    const number = await register();
    await sync(number.id);
    expect(await healNumbers(services)).toBe('0 to sync');
    await loseEverything();
    expect(await healNumbers(services)).toBe('1 to sync');
    const before = await getNumberForSync(t.system(), { phoneNumberId: number.id });
    const after = await sync(number.id);
    expect(after.inboundTrunkId).not.toBe(before?.inboundTrunkId);
    expect(after.syncState).toBe('synced');
    expect(await healNumbers(services)).toBe('0 to sync');
  });

  test('notices a trunk that was changed behind our back', async () => {
    const { services, register, sync } = await rig();
    const row = await sync((await register()).id);
    await sip.livekit.sip.updateSipInboundTrunkFields(row.inboundTrunkId ?? '', { name: 'renamed' });
    expect(await healNumbers(services)).toBe('1 to sync');
  });

  test('leaves somebody else’s catch-all rule in charge', async () => {
    const { services } = await rig();
    await healNumbers(services);
    expect((await readInventory(sip.livekit)).rules.map((one) => one.name)).toEqual(['trunkline:refuse']);
    const [ours] = (await readInventory(sip.livekit)).rules;
    await sip.livekit.sip.deleteSipDispatchRule(ours?.sipDispatchRuleId ?? '');
    await sip.livekit.sip.createSipDispatchRule(
      { type: 'individual', roomPrefix: 'theirs' },
      { name: 'theirs' },
    );
    await healNumbers(services);
    expect((await readInventory(sip.livekit)).rules.map((one) => one.name)).toEqual(['theirs']);
  });
});

describe('a caller for whom nothing is set up', () => {
  const refusals = async (to: string) =>
    (await sip.stack.sipLog())
      .split('\n')
      .flatMap((line) => explainRefusal(line) ?? [])
      .filter((refusal) => refusal.pii.to === to);

  test.each([
    ['an unknown number', {}, '+12025559999', /is not registered/],
    ['a number without an agent', { agentId: null }, null, /has no agent/],
    ['an address that is not allowed', { allowedAddresses: ['198.51.100.7'] }, null, /not allowed/],
  ] as const)(
    'is refused with a final SIP answer and words in the log: %s',
    async (_name, input, to, words) => {
      const { services, register, sync, phoneNumber } = await rig();
      await healNumbers(services);
      const { agentId, ...rest } = { agentId: undefined, ...input };
      const number = await register({
        ...(agentId === null ? { agentId } : {}),
        ...('allowedAddresses' in rest ? { allowedAddresses: [...rest.allowedAddresses] } : {}),
      });
      await sync(number.id);
      const dialed = to ?? phoneNumber;
      expect(await callIn(dialed)).toBe(486);
      const said = await waitFor('the log line', async () => {
        const found = await refusals(dialed);
        return found.length > 0 && found;
      });
      expect(said[0]?.reason).toMatch(words);
      expect(said[0]?.pii.address).toBe('127.0.0.1');
      expect(await sip.livekit.rooms.listRooms()).toEqual([]);
    },
  );

  test('with a wrong password is refused, and the log says so', async () => {
    const { register, sync, phoneNumber } = await rig();
    const number = await register({ authUsername: 'desk', authPassword: 'right' });
    await sync(number.id);
    const phone = await Softphone.listen();
    cleanups.push(() => phone.close());
    const to = `sip:${phoneNumber}@127.0.0.1:${sip.stack.sipPort}`;
    const call = await phone.call({
      from: '+14155550001',
      to,
      auth: { username: 'desk', password: 'wrong' },
    });
    await expect(call.answered({ timeoutMs: 8_000 })).rejects.toThrow(/40[17]/);
    const said = await waitFor('the log line', async () => {
      const found = await refusals(phoneNumber);
      return found.length > 0 && found;
    });
    expect(said[0]?.reason).toContain('user name or password');
  });
});
