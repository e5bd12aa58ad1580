import { and, eq, lt } from 'drizzle-orm';
import { z } from 'zod';
import { phoneNumbers } from '../../db/schema/phone-numbers.ts';
import { findAgent } from '../agents/agent.ts';
import { carriers } from '../carriers/account.ts';
import { readCarrierAccount } from '../carriers/accounts.ts';
import { CarrierFailure } from '../carriers/carrier-failure.ts';
import { type Context, systemContext, type WorkspaceContext } from '../context.ts';
import { DomainError, invalid } from '../errors.ts';
import { phoneNumberField } from '../fields.ts';
import { operation } from '../operation.ts';
import type { BoughtNumber, NumberCarrier } from '../ports.ts';
import { refuseDuplicate } from '../unique.ts';
import { type PhoneNumber, type PhoneNumberRow, withoutPassword } from './number.ts';
import { refusalOf } from './search.ts';
import { touchNumber } from './touch-number.ts';

/** A process that has not come to an end with an order by then has died over it. */
const orderPatienceMs = 60_000;

const order = z.object({
  phoneNumber: phoneNumberField,
  carrier: z.enum(carriers).default('local'),
  agentId: z.string().nullish(),
  label: z.string().trim().max(200).default(''),
  krispEnabled: z.boolean().default(false),
});

/**
 * Buys a number and sets it up. The order is written down before the carrier is asked, so that a number is never paid
 * for and forgotten: one whose answer got lost is looked up at the carrier when the order is repeated, or by
 * `settleOrders`. Asking again for a number that the workspace has bought answers it.
 */
export async function purchaseNumber(ctx: Context, input: z.input<typeof order>): Promise<PhoneNumber> {
  const { number, isNew } = await beginOrder(ctx, input);
  if (number.orderState === 'owned') return number;
  return carryOut(ctx, number, { isNew });
}

async function carryOut(
  ctx: Context,
  number: PhoneNumber,
  { isNew }: { isNew: boolean },
): Promise<PhoneNumber> {
  const phoneNumberId = number.id;
  // What cannot be written down now is settled later.
  return completeOrder(ctx, { phoneNumberId, bought: await buy(ctx, number, { isNew }) });
}

/** The order is given up only where it is certain that nothing was bought, now or by an earlier run. */
async function buy(ctx: Context, number: PhoneNumber, { isNew }: { isNew: boolean }): Promise<BoughtNumber> {
  let mayBePaid = !isNew;
  try {
    const carrier = await carrierOf(ctx, number);
    const known = isNew ? null : await carrier.find(number.e164);
    if (known) return known;
    mayBePaid = false;
    return await carrier.buy(number.e164);
  } catch (error) {
    const isLost = error instanceof CarrierFailure && error.kind === 'unknown';
    if (!mayBePaid && !isLost) await abandonOrder(ctx, { phoneNumberId: number.id });
    throw isLost
      ? new DomainError(
          'unavailable',
          `${error.message} Whether the number was bought is looked up; ask again in a minute.`,
          { cause: error },
        )
      : refusalOf(error);
  }
}

async function carrierOf(ctx: Context, { carrier, workspaceId }: PhoneNumber): Promise<NumberCarrier> {
  const { carriers: all } = ctx.services.ports;
  if (carrier === 'local' || carrier === null) return all.local;
  const account = await readCarrierAccount(
    { db: ctx.services.db, services: ctx.services },
    workspaceId,
    carrier,
  );
  if (account === null) throw invalid('carrier', `this workspace has no account at ${carrier}`);
  return all.open(account);
}

interface Order {
  readonly number: PhoneNumber;
  /** false: it was bought, or begun, before. */
  readonly isNew: boolean;
}

const beginOrder = operation({
  name: 'number.order',
  scope: 'developer',
  input: order,
  audit: ({ phoneNumber, carrier }, { number }: Order) => ({
    target: number.id,
    details: { phoneNumber, carrier },
  }),
  run: async (ctx, { phoneNumber, carrier, agentId, label, krispEnabled }): Promise<Order> => {
    const [known] = await ctx.db
      .select()
      .from(phoneNumbers)
      .where(eq(phoneNumbers.e164, phoneNumber))
      .for('update');
    if (known) return { number: withoutPassword(await resumed(ctx, known, carrier)), isNew: false };
    if (agentId) await findAgent(ctx, agentId);
    const [row] = await refuseDuplicate(
      ctx.db
        .insert(phoneNumbers)
        .values({
          ...{
            workspaceId: ctx.workspaceId,
            e164: phoneNumber,
            agentId: agentId ?? null,
            label,
            krispEnabled,
          },
          ...{ provider: carrier, carrier, orderState: 'ordering', sipAddress: '' },
        })
        .returning(),
      { phone_numbers_e164: () => taken(phoneNumber) },
    );
    if (!row) throw new Error('The insert of a number returned nothing.');
    return { number: withoutPassword(row), isNew: true };
  },
});

async function resumed(
  ctx: WorkspaceContext,
  known: PhoneNumberRow,
  carrier: string,
): Promise<PhoneNumberRow> {
  if (known.workspaceId !== ctx.workspaceId || known.carrier !== carrier) throw taken(known.e164);
  if (known.orderState === 'owned') return known;
  if (Date.now() - known.updatedAt.getTime() < orderPatienceMs)
    throw new DomainError('conflict', `The number ${known.e164} is being bought at this moment.`);
  const [row] = await ctx.db
    .update(phoneNumbers)
    .set({ updatedAt: new Date() })
    .where(eq(phoneNumbers.id, known.id))
    .returning();
  return row ?? known;
}

const taken = (e164: string) =>
  new DomainError('conflict', `The number ${e164} is taken.`, {
    fields: [{ path: 'phoneNumber', message: 'taken' }],
  });

const isOrdered = (phoneNumberId: string, ctx: WorkspaceContext) =>
  and(
    eq(phoneNumbers.id, phoneNumberId),
    eq(phoneNumbers.workspaceId, ctx.workspaceId),
    eq(phoneNumbers.orderState, 'ordering'),
  );

const completeOrder = operation({
  name: 'number.purchase',
  scope: 'developer',
  input: z.object({ phoneNumberId: z.uuid(), bought: z.custom<BoughtNumber>() }),
  audit: ({ phoneNumberId }) => ({ target: phoneNumberId }),
  run: async (ctx, { phoneNumberId, bought }): Promise<PhoneNumber> => {
    const { carrierNumberId, sipAddress, authUsername, authPassword, allowedAddresses } = bought;
    return withoutPassword(
      await touchNumber(ctx, phoneNumberId, {
        ...{ carrierNumberId, sipAddress, authUsername, allowedAddresses: [...allowedAddresses] },
        authPasswordSealed: authPassword === '' ? null : ctx.services.sealer.seal(authPassword),
        orderState: 'owned',
      }),
    );
  },
});

const abandonOrder = operation({
  name: 'number.abandon_order',
  scope: 'developer',
  input: z.object({ phoneNumberId: z.uuid() }),
  audit: ({ phoneNumberId }) => ({ target: phoneNumberId }),
  run: async (ctx, { phoneNumberId }): Promise<void> => {
    await ctx.db.delete(phoneNumbers).where(isOrdered(phoneNumberId, ctx));
  },
});

/** Orders whose answer got lost: what the carrier has sold is set up, what it has not is forgotten. */
export async function settleOrders(ctx: Context): Promise<number> {
  const lost = await ctx.services.db
    .select()
    .from(phoneNumbers)
    .where(
      and(
        eq(phoneNumbers.orderState, 'ordering'),
        lt(phoneNumbers.updatedAt, new Date(Date.now() - orderPatienceMs)),
      ),
    );
  for (const row of lost) {
    const own = systemContext(ctx.services, 'jobs', row.workspaceId);
    const { log } = ctx.services;
    await settleOrder(own, withoutPassword(row)).catch((error: unknown) =>
      log.warn({ phoneNumberId: row.id, err: error }, 'an order of a number cannot be settled yet'),
    );
  }
  return lost.length;
}

async function settleOrder(ctx: Context, number: PhoneNumber): Promise<void> {
  const bought = await (await carrierOf(ctx, number)).find(number.e164);
  if (bought === null) await abandonOrder(ctx, { phoneNumberId: number.id });
  else await completeOrder(ctx, { phoneNumberId: number.id, bought });
}
