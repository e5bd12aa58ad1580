import type { z } from 'zod';
import type { CarrierName } from '../../../../core/carriers/index.ts';
import type { PhoneNumber } from '../../../../core/numbers/index.ts';
import type { AvailableNumber } from '../../../../core/ports.ts';
import type { availableOut, numberOut } from '../schemas/number.ts';

export const presentNumber = (number: PhoneNumber): z.input<typeof numberOut> => ({
  id: number.id,
  workspace_id: number.workspaceId,
  phone_number: number.e164,
  label: number.label,
  provider: number.provider,
  email: number.email,
  sip_address: number.sipAddress,
  transport: number.transport,
  auth_username: number.authUsername,
  has_auth_password: number.hasAuthPassword,
  allowed_addresses: number.allowedAddresses,
  krisp_enabled: number.krispEnabled,
  agent_id: number.agentId,
  sync_state: number.syncState,
  sync_error: number.syncError,
  synced_at: number.syncedAt?.toISOString() ?? null,
  order_state: number.orderState,
  last_test:
    number.testedAt === null || number.testOutcome === null
      ? null
      : {
          at: number.testedAt.toISOString(),
          outcome: number.testOutcome,
          detail: number.testDetail ?? '',
        },
  created_at: number.createdAt.toISOString(),
  updated_at: number.updatedAt.toISOString(),
});

export const presentAvailable = (
  provider: CarrierName,
  numbers: readonly AvailableNumber[],
): z.input<typeof availableOut> => ({
  numbers: numbers.map((number) => ({
    phone_number: number.e164,
    provider,
    country: number.country,
    region: number.region,
    locality: number.locality,
    monthly_price: number.monthlyPrice,
    currency: number.currency,
  })),
});
