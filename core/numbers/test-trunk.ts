import { and, eq } from 'drizzle-orm';
import { z } from 'zod';
import { phoneNumbers } from '../../db/schema/phone-numbers.ts';
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
    const { sipAddress, transport } = row;
    return { row, answer: await ctx.services.ports.trunkProbe.options({ sipAddress, transport }) };
  },
  run: async (ctx, _input, { row, answer }): Promise<TrunkTest> => {
    const [number] = await ctx.db
      .update(phoneNumbers)
      .set({
        ...{ testedAt: new Date(), testOutcome: answer.outcome, testDetail: answer.detail },
        // A test is no change of the number: updatedAt keeps naming the last one.
        updatedAt: phoneNumbers.updatedAt,
      })
      .where(eq(phoneNumbers.id, row.id))
      .returning();
    if (!number) throw notFound('Phone number');
    return { number: withoutPassword(number), answer };
  },
});
