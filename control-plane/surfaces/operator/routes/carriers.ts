import { z } from 'zod';
import {
  accountCarriers,
  type CarrierAccountInfo,
  carrierAccount,
  deleteCarrierAccount,
  listCarrierAccounts,
  saveCarrierAccount,
} from '../../../../core/carriers/index.ts';
import { networkField, sipAddressField } from '../../../../core/fields.ts';
import { searchWithAccount } from '../../../../core/numbers/index.ts';
import { HttpError } from '../../../http/errors.ts';
import { route } from '../../../http/route.ts';
import { presentAvailable } from '../presenters/number.ts';
import { availableOut, numberSearch, numberWireNames, searchOf } from '../schemas/number.ts';

const carrierParams = z.object({ carrier: z.enum(accountCarriers) });

const accountOut = z
  .object({
    carrier: z.enum(accountCarriers),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'CarrierAccount' });

const presentAccount = (row: CarrierAccountInfo): z.input<typeof accountOut> => ({
  carrier: row.carrier,
  created_at: row.createdAt.toISOString(),
  updated_at: row.updatedAt.toISOString(),
});

const secret = z.string().trim().max(500).optional();
const accountIn = z
  .object({
    account_sid: secret.meta({ description: 'Twilio' }),
    auth_token: secret.meta({ description: 'Twilio' }),
    trunk_sid: secret.meta({ description: 'Twilio: the Elastic SIP trunk that takes the calls.' }),
    api_key: secret.meta({ description: 'Telnyx, Vonage' }),
    api_secret: secret.meta({ description: 'Vonage' }),
    connection_id: secret.meta({ description: 'Telnyx: the SIP connection that takes the calls.' }),
    inbound_sip_uri: secret.meta({ description: 'Vonage: where calls are led to.' }),
    sip_address: sipAddressField
      .optional()
      .meta({ type: 'string', description: 'Where outbound calls go. Twilio: NAME.pstn.twilio.com.' }),
    sip_username: secret,
    sip_password: secret,
    allowed_addresses: z.array(networkField).max(100).optional(),
  })
  .meta({ id: 'CarrierAccountIn', description: 'Kept sealed, and never shown again.' });

/** Fields of the operation's input by their wire names; unions of zod want them one by one. */
const names = {
  account_sid: 'accountSid',
  auth_token: 'authToken',
  trunk_sid: 'trunkSid',
  api_key: 'apiKey',
  api_secret: 'apiSecret',
  connection_id: 'connectionId',
  inbound_sip_uri: 'inboundSipUri',
  sip_address: 'sipAddress',
  sip_username: 'sipUsername',
  sip_password: 'sipPassword',
  allowed_addresses: 'allowedAddresses',
} as const satisfies Record<keyof z.output<typeof accountIn>, string>;

function accountOf(carrier: string, body: z.output<typeof accountIn>) {
  const given = Object.entries(body).flatMap(([name, value]) =>
    value === undefined ? [] : [[names[name as keyof typeof names], value]],
  );
  const { data, error } = carrierAccount.safeParse({ ...Object.fromEntries(given), carrier });
  if (data !== undefined) return data;
  const wire = new Map<string, string>(Object.entries(names).map(([name, ours]) => [ours, name]));
  throw new HttpError(400, 'The request does not fit.', {
    fields: error.issues.map(({ path: [field = ''], code }) => ({
      path: wire.get(String(field)) ?? String(field),
      message: code === 'invalid_type' ? `${carrier} needs it` : 'does not fit',
    })),
  });
}

const list = route({
  method: 'get',
  path: '/carriers',
  operationId: 'listCarriers',
  summary: 'Carriers that the workspace has an account at',
  auth: 'developer',
  status: 200,
  returns: z.array(accountOut),
  handle: async ({ ctx }) => (await listCarrierAccounts(ctx, {})).map(presentAccount),
});

const save = route({
  method: 'put',
  path: '/carriers/{carrier}',
  operationId: 'saveCarrier',
  summary: 'Keep the workspace’s account at a carrier, in place of the one before',
  auth: 'admin',
  keyScope: 'numbers:write',
  status: 200,
  params: carrierParams,
  body: accountIn,
  returns: accountOut,
  handle: async ({ ctx, params, body }) =>
    presentAccount(await saveCarrierAccount(ctx, { account: accountOf(params.carrier, body) })),
});

const remove = route({
  method: 'delete',
  path: '/carriers/{carrier}',
  operationId: 'deleteCarrier',
  summary: 'Forget an account; 409 while numbers that were bought with it are here',
  auth: 'admin',
  status: 204,
  errors: [409],
  params: carrierParams,
  handle: async ({ ctx, params }) => {
    await deleteCarrierAccount(ctx, { carrier: params.carrier });
    return undefined;
  },
});

const search = route({
  method: 'get',
  path: '/carriers/{carrier}/numbers',
  operationId: 'searchCarrier',
  summary: 'Numbers that the workspace’s account can buy',
  auth: 'developer',
  status: 200,
  errors: [409, 503],
  params: carrierParams,
  query: numberSearch,
  returns: availableOut,
  wireNames: { ...numberWireNames, carrier: 'carrier' },
  handle: async ({ ctx, params, query }) => {
    const { carrier } = params;
    return presentAvailable(carrier, await searchWithAccount(ctx, { ...searchOf(query), carrier }));
  },
});

export const carrierRoutes = [list, save, remove, search];
