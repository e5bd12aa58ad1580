import { z } from 'zod';
import { phoneNumbers } from '../../db/schema/phone-numbers.ts';
import { findAgent } from '../agents/agent.ts';
import { DomainError, invalid } from '../errors.ts';
import { phoneNumberField } from '../fields.ts';
import { operation } from '../operation.ts';
import { refuseDuplicate } from '../unique.ts';
import { type PhoneNumber, withoutPassword } from './number.ts';
import { trunkFields } from './schemas.ts';
import { emitTest } from './test-trunk.ts';
import { emitSync } from './touch-number.ts';

const optional = trunkFields.shape;
const input = z.object({
  phoneNumber: phoneNumberField,
  sipAddress: optional.sipAddress,
  provider: optional.provider.default('custom'),
  email: optional.email.default(''),
  authUsername: optional.authUsername.default(''),
  authPassword: optional.authPassword.default(''),
  krispEnabled: optional.krispEnabled.default(false),
  label: optional.label.default(''),
  transport: optional.transport.default('auto'),
  allowedAddresses: optional.allowedAddresses.default([]),
  agentId: z.string().nullish(),
});

/**
 * Takes a number with its SIP trunk into the workspace; a job then asks the trunk whether it is there. Throws conflict
 * when the number is registered already.
 */
export const registerSipTrunk = operation({
  name: 'number.register_sip_trunk',
  scope: 'developer',
  input,
  audit: ({ phoneNumber, sipAddress }, number: PhoneNumber) => ({
    target: number.id,
    details: { phoneNumber, sipAddress },
  }),
  run: async (ctx, { phoneNumber, authPassword, agentId, ...trunk }) => {
    if (authPassword !== '' && trunk.authUsername === '')
      throw invalid('authUsername', 'a password needs a user name');
    if (agentId) await findAgent(ctx, agentId);
    const [row] = await refuseDuplicate(
      ctx.db
        .insert(phoneNumbers)
        .values({
          ...trunk,
          workspaceId: ctx.workspaceId,
          e164: phoneNumber,
          authPasswordSealed: authPassword === '' ? null : ctx.services.sealer.seal(authPassword),
          agentId: agentId ?? null,
        })
        .returning(),
      {
        phone_numbers_e164: () =>
          new DomainError('conflict', `The number ${phoneNumber} is registered already.`, {
            fields: [{ path: 'phoneNumber', message: 'registered already' }],
          }),
      },
    );
    if (!row) throw new Error('The insert of a number returned nothing.');
    await emitSync(ctx, row);
    await emitTest(ctx, row);
    return withoutPassword(row);
  },
});
