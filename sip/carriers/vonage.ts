import { getCountryCallingCode, isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { z } from 'zod';
import type { AccountOf } from '../../core/carriers/account.ts';
import { CarrierFailure } from '../../core/carriers/carrier-failure.ts';
import type { NumberCarrier } from '../../core/ports.ts';
import { ask, at, basic, type CarrierAnswer, unreadable } from './http.ts';
import { trunkOf } from './trunk-of.ts';

const name = 'Vonage';

/** Nothing found is an empty object. */
const numbers = z.object({
  numbers: z
    .array(z.object({ country: z.string(), msisdn: z.string(), cost: z.string().nullish() }))
    .default([]),
});
const done = z.object({ 'error-code': z.string(), 'error-code-label': z.string().nullish() });

/**
 * Vonage's Numbers API: number/search, account/numbers, number/buy, number/update, number/cancel
 * (developer.vonage.com/en/api/numbers). Numbers there have no plus sign, and every change names the country.
 */
export function vonage(account: AccountOf<'vonage'>, baseUrl: string): NumberCarrier {
  const headers = basic(account.apiKey, account.apiSecret);
  const change = async (
    verb: 'buy' | 'update' | 'cancel',
    e164: string,
    more: Record<string, string> = {},
  ) => {
    const form = { country: countryOf(e164), msisdn: e164.slice(1), ...more };
    return ask(name, at(baseUrl, `/number/${verb}`), { method: 'POST', headers, form });
  };
  const find = async (e164: string) => {
    const url = at(baseUrl, '/account/numbers', { pattern: e164.slice(1), search_pattern: '0' });
    return read(await ask(name, url, { headers }), numbers).numbers.find(
      ({ msisdn }) => `+${msisdn}` === e164,
    );
  };
  const lead = async (e164: string) => {
    const { inboundSipUri: uri } = account;
    if (uri !== '')
      assertDone(await change('update', e164, { voiceCallbackType: 'sip', voiceCallbackValue: uri }));
  };
  return {
    search: async ({ country, areaCode, contains, limit }) => {
      const code = isSupportedCountry(country) ? getCountryCallingCode(country) : null;
      // One pattern only: the start of the number where the place is asked for, else digits anywhere.
      const pattern = areaCode !== null && code !== null ? `${code}${areaCode}` : contains;
      const query = {
        ...{ country, features: 'VOICE', size: String(Math.min(100, limit)) },
        ...{ pattern, search_pattern: areaCode !== null && code !== null ? '0' : '1' },
      };
      const answer = await ask(name, at(baseUrl, '/number/search', query), { headers });
      return read(answer, numbers)
        .numbers.filter(({ msisdn }) => contains === null || msisdn.includes(contains))
        .map((offer) => ({
          e164: `+${offer.msisdn}`,
          country: offer.country,
          ...{ region: null, locality: null },
          monthlyPrice: offer.cost ?? null,
          currency: offer.cost ? 'EUR' : null,
        }));
    },
    buy: async (e164) => {
      assertDone(await change('buy', e164));
      await lead(e164);
      return trunkOf(account, e164.slice(1));
    },
    find: async (e164) => {
      if ((await find(e164)) === undefined) return null;
      await lead(e164);
      return trunkOf(account, e164.slice(1));
    },
    release: async ({ e164 }) => {
      if ((await find(e164)) !== undefined) assertDone(await change('cancel', e164));
    },
  };
}

function countryOf(e164: string): string {
  const country = parsePhoneNumberFromString(e164)?.country;
  if (country === undefined)
    throw new CarrierFailure(`It is unknown in which country ${e164} is.`, 'refused');
  return country;
}

function read<T extends z.ZodType>(answer: CarrierAnswer, schema: T): z.output<T> {
  if (answer.status >= 400) assertDone(answer);
  const result = schema.safeParse(answer.body);
  if (!result.success) throw unreadable(name);
  return result.data;
}

/** 420 stands for whatever is wrong with the number itself: owned by somebody, not there, not for sale by API. */
function assertDone({ status, body }: CarrierAnswer): void {
  const { data } = done.safeParse(body);
  const code = data?.['error-code'] ?? String(status);
  if (code === '200') return;
  if (code === '401')
    throw new CarrierFailure('Vonage does not accept the account’s credentials.', 'credentials');
  const why = data?.['error-code-label'] ?? `status ${status}`;
  throw new CarrierFailure(
    `Vonage refuses: ${why.slice(0, 500)} (error ${code})`,
    code === '420' ? 'taken' : 'refused',
  );
}
