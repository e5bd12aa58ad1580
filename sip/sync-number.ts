import type { SIPDispatchRuleInfo, SIPInboundTrunkInfo, SIPOutboundTrunkInfo } from 'livekit-server-sdk';
import { AddressError, allowedAddresses } from './addresses.ts';
import { ignoreGone, type LiveKit } from './livekit.ts';
import { inStep, type Kind, settle } from './settle.ts';
import { type DesiredTrunks, desiredTrunks, isOurs, type NumberToSync, objectName } from './trunks.ts';

/** Everything SIP that LiveKit has. */
export interface Inventory {
  readonly inbound: SIPInboundTrunkInfo[];
  readonly outbound: SIPOutboundTrunkInfo[];
  readonly rules: SIPDispatchRuleInfo[];
}

export interface SyncedIds {
  readonly inboundTrunkId: string | null;
  readonly outboundTrunkId: string | null;
  readonly dispatchRuleId: string | null;
}

export interface SyncResult extends SyncedIds {
  /** Null: the number works as far as it is set up. Else what is missing, in words. */
  readonly error: string | null;
  /** What was touched: empty when LiveKit had everything already. */
  readonly changes: readonly string[];
}

export async function readInventory(livekit: LiveKit): Promise<Inventory> {
  const [inbound, outbound, rules] = await Promise.all([
    livekit.sip.listSipInboundTrunk(),
    livekit.sip.listSipOutboundTrunk(),
    livekit.sip.listSipDispatchRule(),
  ]);
  return { inbound, outbound, rules };
}

/**
 * Brings LiveKit in step with one number: missing objects are made, changed ones replaced in place under their id,
 * doubles and leftovers removed. Safe to repeat, not to run twice at once. Our objects are recognised by name
 * (trunks.ts), so it does not matter whether the ids in the database are right. Throws when LiveKit cannot be reached;
 * what an operator has to mend comes back as `error`.
 */
export async function syncNumber(
  livekit: LiveKit,
  number: NumberToSync,
  agentName: string,
): Promise<SyncResult> {
  const have = await readInventory(livekit);
  const { desired, problem } = await wanted(number, have, agentName);
  const changes: string[] = [];
  const trunksLeft = leftovers(have, number);
  for (const id of trunksLeft) {
    await ignoreGone(livekit.sip.deleteSipTrunk(id));
    changes.push(`removed leftover trunk ${id}`);
  }
  const kinds = kindsOf(livekit, number, have, desired);
  const inboundTrunkId = await settle(kinds.inbound, changes);
  const outboundTrunkId = await settle(kinds.outbound, changes);
  if (desired.rule && inboundTrunkId) desired.rule.trunkIds = [inboundTrunkId];
  const dispatchRuleId = await settle(kinds.rule, changes);
  return { inboundTrunkId, outboundTrunkId, dispatchRuleId, error: problem, changes };
}

/** Whether LiveKit has exactly what the number needs, under the ids that the database knows. */
export async function isNumberInStep(
  livekit: LiveKit,
  number: NumberToSync & SyncedIds,
  agentName: string,
  have: Inventory,
): Promise<boolean> {
  const { desired } = await wanted(number, have, agentName);
  if (desired.rule && number.inboundTrunkId) desired.rule.trunkIds = [number.inboundTrunkId];
  const { inbound, outbound, rule } = kindsOf(livekit, number, have, desired);
  return (
    leftovers(have, number).length === 0 &&
    inStep(inbound, number.inboundTrunkId) &&
    inStep(outbound, number.outboundTrunkId) &&
    inStep(rule, number.dispatchRuleId)
  );
}

/** Takes a deleted number's objects away; ids that LiveKit does not know are fine. */
export async function removeNumber(livekit: LiveKit, ids: SyncedIds): Promise<void> {
  // The rule first: without its trunk it would be a rule for nothing, without it the trunk answers nobody.
  if (ids.dispatchRuleId) await ignoreGone(livekit.sip.deleteSipDispatchRule(ids.dispatchRuleId));
  if (ids.inboundTrunkId) await ignoreGone(livekit.sip.deleteSipTrunk(ids.inboundTrunkId));
  if (ids.outboundTrunkId) await ignoreGone(livekit.sip.deleteSipTrunk(ids.outboundTrunkId));
}

async function wanted(
  number: NumberToSync,
  have: Inventory,
  agentName: string,
): Promise<{ desired: DesiredTrunks; problem: string | null }> {
  const foreign = have.inbound.find((one) => one.numbers.includes(number.e164) && !isOurs(one.name));
  try {
    if (foreign)
      throw new AddressError(
        `LiveKit has another inbound trunk for ${number.e164} that Trunkline did not make (${foreign.sipTrunkId} "${foreign.name}"). Remove it there, then save the number again.`,
      );
    const allowed = await allowedAddresses(number);
    return { desired: desiredTrunks(number, allowed, agentName), problem: null };
  } catch (error) {
    if (!(error instanceof AddressError)) throw error;
    return { desired: desiredTrunks(number, null, agentName), problem: error.message };
  }
}

/** The number belongs to one row, so what another name of ours still has on it is left over from a deleted row. */
function leftovers(have: Inventory, number: NumberToSync): string[] {
  return [...have.inbound, ...have.outbound]
    .filter((one) => isOurs(one.name) && one.name !== objectName(number.id))
    .filter((one) => one.numbers.includes(number.e164))
    .map((one) => one.sipTrunkId);
}

function kindsOf(livekit: LiveKit, number: NumberToSync, have: Inventory, desired: DesiredTrunks) {
  const { sip } = livekit;
  const mine = <T extends { name: string }>(all: readonly T[]): T[] =>
    all.filter((one) => one.name === objectName(number.id));
  const gone = new Set(leftovers(have, number));
  const inbound: Kind<SIPInboundTrunkInfo> = {
    name: 'inbound trunk',
    existing: mine(have.inbound),
    desired: desired.inbound,
    fields: ['numbers', 'allowedAddresses', 'authUsername', 'authPassword', 'krispEnabled'],
    idOf: (one) => one.sipTrunkId,
    create: ({ name, numbers, allowedAddresses, authUsername, authPassword, krispEnabled }) =>
      sip.createSipInboundTrunk(name, numbers, {
        allowedAddresses,
        authUsername,
        authPassword,
        krispEnabled,
      }),
    replace: (id, one) => sip.updateSipInboundTrunk(id, one),
    remove: (id) => sip.deleteSipTrunk(id),
  };
  const outbound: Kind<SIPOutboundTrunkInfo> = {
    name: 'outbound trunk',
    existing: mine(have.outbound),
    desired: desired.outbound,
    fields: ['numbers', 'address', 'transport', 'authUsername', 'authPassword'],
    idOf: (one) => one.sipTrunkId,
    create: ({ name, address, numbers, transport, authUsername, authPassword }) =>
      sip.createSipOutboundTrunk(name, address, numbers, { transport, authUsername, authPassword }),
    replace: (id, one) => sip.updateSipOutboundTrunk(id, one),
    remove: (id) => sip.deleteSipTrunk(id),
  };
  const rule: Kind<SIPDispatchRuleInfo> = {
    name: 'dispatch rule',
    existing: have.rules.filter(
      (one) =>
        one.name === objectName(number.id) || (isOurs(one.name) && one.trunkIds.some((id) => gone.has(id))),
    ),
    desired: desired.rule,
    fields: ['name', 'trunkIds', 'rule', 'attributes', 'roomConfig', 'krispEnabled'],
    idOf: (one) => one.sipDispatchRuleId,
    create: (one) => createRule(livekit, one),
    replace: (id, one) => sip.updateSipDispatchRule(id, one),
    remove: (id) => sip.deleteSipDispatchRule(id),
  };
  return { inbound, outbound, rule };
}

async function createRule(livekit: LiveKit, rule: SIPDispatchRuleInfo): Promise<SIPDispatchRuleInfo> {
  const individual = rule.rule?.rule;
  const roomPrefix = individual?.case === 'dispatchRuleIndividual' ? individual.value.roomPrefix : '';
  const { name, trunkIds, attributes, roomConfig } = rule;
  const made = await livekit.sip.createSipDispatchRule(
    { type: 'individual', roomPrefix },
    { name, trunkIds, attributes, ...(roomConfig ? { roomConfig } : {}) },
  );
  // The SDK's create has no place for krispEnabled; a replacement has.
  if (rule.krispEnabled) await livekit.sip.updateSipDispatchRule(made.sipDispatchRuleId, rule);
  return made;
}
