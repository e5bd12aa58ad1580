import { inArray } from 'drizzle-orm';
import { z } from 'zod';
import { phoneNumbers } from '../../db/schema/phone-numbers.ts';
import { accountCarriers, carriers } from '../carriers/account.ts';
import { readCarrierAccount } from '../carriers/accounts.ts';
import { CarrierFailure } from '../carriers/carrier-failure.ts';
import type { OperationContext } from '../context.ts';
import { DomainError, invalid } from '../errors.ts';
import { operation } from '../operation.ts';
import type { AvailableNumber, NumberCarrier } from '../ports.ts';

export const searchFields = {
  country: z
    .string()
    .trim()
    .toUpperCase()
    .regex(/^[A-Z]{2}$/, 'a country by two letters, for example US')
    .default('US'),
  areaCode: z
    .string()
    .regex(/^\d{1,6}$/, 'digits only')
    .nullable()
    .default(null),
  contains: z
    .string()
    .regex(/^\d{1,10}$/, 'digits only')
    .nullable()
    .default(null),
  limit: z.number().int().min(1).max(50).default(20),
};
type Query = z.output<z.ZodObject<typeof searchFields>>;

/** Numbers for sale, for anybody: test numbers, or those of the installation's own account. Nothing of a workspace. */
export const searchNumbers = operation({
  name: 'number.search',
  scope: 'public',
  input: z.object({ ...searchFields, carrier: z.enum(carriers).default('local') }),
  reads: true,
  run: async (ctx, { carrier, ...query }): Promise<AvailableNumber[]> => {
    const { local, installed } = ctx.services.ports.carriers;
    const source = carrier === 'local' ? local : installed(carrier);
    if (source === null)
      throw invalid(
        'carrier',
        `this installation has no account of its own at ${carrier}; search with your workspace’s`,
      );
    return found(ctx, source, query);
  },
});

/** Numbers for sale to the workspace's own account. */
export const searchWithAccount = operation({
  name: 'number.search_with_account',
  scope: 'developer',
  input: z.object({ ...searchFields, carrier: z.enum(accountCarriers) }),
  reads: true,
  run: async (ctx, { carrier, ...query }): Promise<AvailableNumber[]> => {
    const account = await readCarrierAccount(ctx, ctx.workspaceId, carrier);
    if (account === null) throw invalid('carrier', `this workspace has no account at ${carrier}`);
    return found(ctx, ctx.services.ports.carriers.open(account), query);
  },
});

async function found(
  ctx: OperationContext,
  source: Pick<NumberCarrier, 'search'>,
  query: Query,
): Promise<AvailableNumber[]> {
  const offered = await source.search(query).catch((error: unknown) => {
    throw refusalOf(error);
  });
  if (offered.length === 0) return [];
  const numbers = offered.map(({ e164 }) => e164);
  const here = await ctx.db
    .select({ e164: phoneNumbers.e164 })
    .from(phoneNumbers)
    .where(inArray(phoneNumbers.e164, numbers));
  const taken = new Set(here.map(({ e164 }) => e164));
  return offered.filter(({ e164 }) => !taken.has(e164)).slice(0, query.limit);
}

/** A carrier's no in the words and codes of an operation. */
export function refusalOf(error: unknown): unknown {
  if (!(error instanceof CarrierFailure)) return error;
  const { kind, message } = error;
  if (kind === 'credentials') return invalid('carrier', message);
  if (kind === 'away' || kind === 'unknown') return new DomainError('unavailable', message, { cause: error });
  return new DomainError('conflict', message, {
    fields: kind === 'taken' ? [{ path: 'phoneNumber', message: 'not for sale' }] : [],
    cause: error,
  });
}
