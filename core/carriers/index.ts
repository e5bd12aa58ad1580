export {
  type AccountCarrier,
  type AccountOf,
  accountCarriers,
  type CarrierAccount,
  type CarrierName,
  carrierAccount,
  carriers,
} from './account.ts';
export {
  type CarrierAccountInfo,
  deleteCarrierAccount,
  listCarrierAccounts,
  readCarrierAccount,
  saveCarrierAccount,
} from './accounts.ts';
export { CarrierFailure } from './carrier-failure.ts';
