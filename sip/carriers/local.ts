import { CarrierFailure } from '../../core/carriers/carrier-failure.ts';
import type { AvailableNumber, BoughtNumber, NumberCarrier } from '../../core/ports.ts';

/** Places of the pool: area code, state, city. */
const places = [
  ['202', 'DC', 'Washington'],
  ['206', 'WA', 'Seattle'],
  ['212', 'NY', 'New York'],
  ['213', 'CA', 'Los Angeles'],
  ['214', 'TX', 'Dallas'],
  ['303', 'CO', 'Denver'],
  ['305', 'FL', 'Miami'],
  ['312', 'IL', 'Chicago'],
  ['404', 'GA', 'Atlanta'],
  ['415', 'CA', 'San Francisco'],
  ['503', 'OR', 'Portland'],
  ['512', 'TX', 'Austin'],
  ['602', 'AZ', 'Phoenix'],
  ['617', 'MA', 'Boston'],
  ['702', 'NV', 'Las Vegas'],
  ['713', 'TX', 'Houston'],
] as const;

/** 555-0100 to 555-0199 of each: kept for fiction by the numbering plan, so nobody else has them. */
const pool: readonly AvailableNumber[] = places.flatMap(([areaCode, region, locality]) =>
  Array.from({ length: 100 }, (_, n) => ({
    e164: `+1${areaCode}555${String(100 + n).padStart(4, '0')}`,
    ...{ country: 'US', region, locality, monthlyPrice: '0.00', currency: 'USD' },
  })),
);
const known = new Set(pool.map(({ e164 }) => e164));

/** A softphone on this machine is the network behind these numbers; nobody else may call in. */
const trunk = (e164: string): BoughtNumber => ({
  carrierNumberId: e164,
  sipAddress: '127.0.0.1',
  ...{ authUsername: '', authPassword: '' },
  allowedAddresses: ['127.0.0.1/32'],
});

/** Test numbers. Who has one is known by the numbers that are registered, so there is nothing to keep here. */
export const local: NumberCarrier = {
  // All that fit, whatever the limit: who asks leaves the taken ones out.
  search: async ({ country, areaCode, contains }) =>
    country !== 'US'
      ? []
      : pool.filter(
          ({ e164 }) =>
            (areaCode === null || e164.startsWith(`+1${areaCode}`)) &&
            (contains === null || e164.slice(2).includes(contains)),
        ),
  buy: async (e164) => {
    if (!known.has(e164)) throw new CarrierFailure(`${e164} is none of the test numbers.`, 'taken');
    return trunk(e164);
  },
  find: async (e164) => (known.has(e164) ? trunk(e164) : null),
  release: async () => undefined,
};
