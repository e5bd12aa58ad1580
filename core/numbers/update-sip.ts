import { invalid } from '../errors.ts';
import { phoneNumberField } from '../fields.ts';
import { operation } from '../operation.ts';
import { lockNumber, type PhoneNumber, withoutPassword } from './number.ts';
import { trunkFields } from './schemas.ts';
import { emitTest, untested } from './test-trunk.ts';
import { touchNumber } from './touch-number.ts';

/**
 * Changes parts of a number's trunk; one that is elsewhere now is tested anew. An empty password takes the credentials
 * away.
 */
export const updateSip = operation({
  name: 'number.update_sip',
  scope: 'developer',
  input: trunkFields.partial().extend({ phoneNumber: phoneNumberField }),
  audit: ({ phoneNumber, authPassword, ...changes }, number: PhoneNumber) => ({
    target: number.id,
    details: { phoneNumber, ...changes, passwordChanged: authPassword !== undefined },
  }),
  run: async (ctx, { phoneNumber, authPassword, ...changes }) => {
    const number = await lockNumber(ctx, phoneNumber);
    const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
    const sealed = sealedPassword(authPassword, number.authPasswordSealed, ctx.services.sealer);
    if (sealed !== null && (changes.authUsername ?? number.authUsername) === '')
      throw invalid('authUsername', 'a password needs a user name');
    const isElsewhere =
      (changes.sipAddress ?? number.sipAddress) !== number.sipAddress ||
      (changes.transport ?? number.transport) !== number.transport;
    const row = await touchNumber(ctx, number.id, {
      ...given,
      authPasswordSealed: sealed,
      ...(isElsewhere ? untested : {}),
    });
    if (isElsewhere) await emitTest(ctx, row);
    return withoutPassword(row);
  },
});

function sealedPassword(
  given: string | undefined,
  current: string | null,
  sealer: { seal(plain: string): string },
): string | null {
  if (given === undefined) return current;
  return given === '' ? null : sealer.seal(given);
}
