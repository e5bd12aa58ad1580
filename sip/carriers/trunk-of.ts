import type { CarrierAccount } from '../../core/carriers/account.ts';
import type { BoughtNumber } from '../../core/ports.ts';

/** A number of an account with the trunk that the account names. */
export const trunkOf = (account: CarrierAccount, carrierNumberId: string): BoughtNumber => ({
  carrierNumberId,
  sipAddress: account.sipAddress,
  authUsername: account.sipUsername,
  authPassword: account.sipUsername === '' ? '' : account.sipPassword,
  allowedAddresses: account.allowedAddresses,
});
