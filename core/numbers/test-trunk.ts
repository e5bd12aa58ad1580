import { and, eq } from 'drizzle-orm';
import { z } from 'zod';
import { phoneNumbers } from '../../db/schema/phone-numbers.ts';
import type { OperationContext } from '../context.ts';
import { notFound } from '../errors.ts';
import { phoneNumberField } from '../fields.ts';
import { operation } from '../operation.ts';
import type { TrunkAnswer } from '../ports.ts';
import { type PhoneNumber, type PhoneNumberRow, withoutPassword } from './number.ts';

export interface TrunkTest {
  readonly number: PhoneNumber;
  readonly answer: TrunkAnswer;
}

/** Asks the SIP server of a number whether it is there (OPTIONS), and keeps what it said with the number. */
export const testTrunk = operation({
  name: 'number.test_trunk',
  scope: 'developer',
  input: z.object({ phoneNumber: phoneNumberField }),
  audit: (_input, { number, answer }: TrunkTest) => ({
    target: number.id,
    details: { outcome: answer.outcome },
  }),
  prepare: async (ctx, { phoneNumber }): Promise<{ row: PhoneNumberRow; answer: TrunkAnswer }> => {
    const [row] = await ctx.db
      .select()
      .from(phoneNumbers)
      .where(and(eq(phoneNumbers.e164, phoneNumber), eq(phoneNumbers.workspaceId, ctx.workspaceId)));
    if (!row) throw notFound('Phone number');
    return { row, answer: await ask(ctx, row) };
  },
  run: async (ctx, _input, { row, answer }): Promise<TrunkTest> => {
    const number = await keep(ctx, row, answer);
    if (number === null) throw notFound('Phone number');
    return { number: withoutPassword(number), answer };
  },
});

/** The same by itself, for a trunk that was registered or moved. Null: it is gone, or somewhere else by now. */
export const testNewTrunk = operation({
  name: 'number.test_new_trunk',
  scope: 'system',
  input: z.object({ phoneNumberId: z.uuid() }),
  prepare: async (ctx, { phoneNumberId }): Promise<{ row: PhoneNumberRow; answer: TrunkAnswer } | null> => {
    const [row] = await ctx.db.select().from(phoneNumbers).where(eq(phoneNumbers.id, phoneNumberId));
    return row === undefined ? null : { row, answer: await ask(ctx, row) };
  },
  run: async (ctx, _input, tested): Promise<TrunkAnswer['outcome'] | null> => {
    if (tested === null) return null;
    const kept = await keep(ctx, tested.row, tested.answer);
    return kept === null ? null : tested.answer.outcome;
  },
});

/** Has jobs/ test a trunk once this is committed. */
export const emitTest = (ctx: OperationContext, { id }: PhoneNumberRow): Promise<void> =>
  ctx.emit('test-trunk', { phoneNumberId: id }, { key: `test-trunk-${id}` });

/** What a number is like whose trunk nobody has asked yet. */
export const untested = { testedAt: null, testOutcome: null, testDetail: null } as const;

const ask = (
  { services }: Pick<OperationContext, 'services'>,
  { sipAddress, transport }: PhoneNumberRow,
): Promise<TrunkAnswer> => services.ports.trunkProbe.options({ sipAddress, transport });

/** Null: the number is gone, or its trunk is another one than was asked. */
async function keep(
  { db }: Pick<OperationContext, 'db'>,
  { id, sipAddress, transport }: PhoneNumberRow,
  { outcome, detail }: TrunkAnswer,
): Promise<PhoneNumberRow | null> {
  const [row] = await db
    .update(phoneNumbers)
    .set({
      ...{ testedAt: new Date(), testOutcome: outcome, testDetail: detail },
      // A test is no change of the number: updatedAt keeps naming the last one.
      updatedAt: phoneNumbers.updatedAt,
    })
    .where(
      and(
        eq(phoneNumbers.id, id),
        eq(phoneNumbers.sipAddress, sipAddress),
        eq(phoneNumbers.transport, transport),
      ),
    )
    .returning();
  return row ?? null;
}
