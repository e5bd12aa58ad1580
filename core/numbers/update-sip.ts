import { invalid } from '../errors.ts';
import { phoneNumberField } from '../fields.ts';
import { operation } from '../operation.ts';
import { lockNumber, type PhoneNumber, withoutPassword } from './number.ts';
import { trunkFields } from './schemas.ts';
import { touchNumber } from './touch-number.ts';

/** Changes parts of a number's trunk. An empty password takes the credentials away. */
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
    return withoutPassword(await touchNumber(ctx, number.id, { ...given, authPasswordSealed: sealed }));
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
