import { z } from 'zod';
import { carriers } from '../../../../core/carriers/index.ts';
import { networkField, phoneNumberField, sipAddressField } from '../../../../core/fields.ts';
import { intParam } from '../../../http/params.ts';

export const e164 = phoneNumberField.meta({ type: 'string', description: 'E.164', example: '+16505551234' });

const trunk = z.object({
  sip_address: sipAddressField.meta({ type: 'string', example: 'sip.example.com:5060' }),
  email: z.string().trim().max(320).optional(),
  provider: z.string().trim().max(100).optional(),
  auth_username: z.string().trim().max(200).optional(),
  auth_password: z.string().max(500).optional(),
  krisp_enabled: z.boolean().optional(),
  label: z.string().trim().max(200).optional(),
  transport: z.enum(['auto', 'udp', 'tcp', 'tls']).optional(),
  allowed_addresses: z
    .array(networkField)
    .max(100)
    .optional()
    .meta({ description: 'IP addresses or CIDR ranges that may call in.' }),
});

export const sipTrunkCreate = trunk
  .extend({ phone_number: e164, agent_id: z.uuid().nullish() })
  .meta({ id: 'SipTrunkCreate' });
export const sipTrunkUpdate = trunk.partial().meta({ id: 'SipTrunkUpdate' });

export const numberSearch = z.object({
  country: z
    .string()
    .regex(/^[A-Za-z]{2}$/, 'a country by two letters, for example US')
    .optional()
    .meta({ description: 'ISO 3166-1; US by default.' }),
  area_code: z
    .string()
    .regex(/^\d{1,6}$/, 'digits only')
    .optional(),
  contains: z
    .string()
    .regex(/^\d{1,10}$/, 'digits only')
    .optional(),
  limit: intParam({ min: 1, max: 50, fallback: 20 }),
});
export const searchOf = (query: z.output<typeof numberSearch>) => ({
  country: query.country,
  areaCode: query.area_code ?? null,
  contains: query.contains ?? null,
  limit: query.limit,
});

export const availableOut = z.object({
  numbers: z.array(
    z
      .object({
        phone_number: z.string(),
        provider: z.enum(carriers),
        country: z.string(),
        region: z.string().nullable(),
        locality: z.string().nullable(),
        monthly_price: z.string().nullable(),
        currency: z.string().nullable(),
      })
      .meta({ id: 'AvailableNumber' }),
  ),
});

export const numberPurchase = z
  .object({
    phone_number: e164,
    provider: z.enum(carriers).optional(),
    agent_id: z.uuid().nullish(),
    label: z.string().trim().max(200).optional(),
    krisp_enabled: z.boolean().optional(),
  })
  .meta({ id: 'NumberPurchase' });

export const numberWireNames = {
  phoneNumber: 'phone_number',
  sipAddress: 'sip_address',
  authUsername: 'auth_username',
  authPassword: 'auth_password',
  krispEnabled: 'krisp_enabled',
  allowedAddresses: 'allowed_addresses',
  agentId: 'agent_id',
  areaCode: 'area_code',
  carrier: 'provider',
};

export const numberOut = z
  .object({
    id: z.uuid(),
    workspace_id: z.uuid(),
    phone_number: z.string(),
    label: z.string(),
    provider: z.string(),
    email: z.string(),
    sip_address: z.string(),
    transport: z.enum(['auto', 'udp', 'tcp', 'tls']),
    auth_username: z.string(),
    has_auth_password: z.boolean(),
    allowed_addresses: z.array(z.string()),
    krisp_enabled: z.boolean(),
    agent_id: z.uuid().nullable(),
    sync_state: z.enum(['pending', 'synced', 'failed']),
    sync_error: z.string().nullable(),
    synced_at: z.iso.datetime().nullable(),
    order_state: z
      .enum(['ordering', 'owned'])
      .nullable()
      .meta({ description: 'Of a bought number; null: it came with a trunk of your own.' }),
    last_test: z
      .object({
        at: z.iso.datetime(),
        outcome: z.enum(['answered', 'refused', 'silent']),
        detail: z.string(),
      })
      .nullable(),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'PhoneNumber' });
