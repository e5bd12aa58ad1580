import { z } from 'zod';
import type { AccountOf } from '../../core/carriers/account.ts';
import { CarrierFailure } from '../../core/carriers/carrier-failure.ts';
import type { NumberCarrier } from '../../core/ports.ts';
import { ask, at, basic, type CarrierAnswer, unreadable } from './http.ts';
import { trunkOf } from './trunk-of.ts';

const name = 'Twilio';

const offers = z.object({
  available_phone_numbers: z.array(
    z.object({
      phone_number: z.string(),
      iso_country: z.string(),
      region: z.string().nullish(),
      locality: z.string().nullish(),
    }),
  ),
});
const bought = z.object({ sid: z.string().min(1), phone_number: z.string() });
const owned = z.object({ incoming_phone_numbers: z.array(bought) });
const refusal = z.object({ code: z.number().nullish(), message: z.string() });

/** Not for sale: 21422 (twilio.com/docs/errors/21422); 21421 is no number at all. */
const notForSale = new Set([21_421, 21_422]);

/**
 * Twilio's REST API of 2010-04-01: AvailablePhoneNumbers and IncomingPhoneNumbers
 * (twilio.com/docs/phone-numbers/api/availablephonenumberlocal-resource, …/incomingphonenumber-resource).
 */
export function twilio(account: AccountOf<'twilio'>, baseUrl: string): NumberCarrier {
  const headers = basic(account.accountSid, account.authToken);
  const root = `/2010-04-01/Accounts/${encodeURIComponent(account.accountSid)}`;
  return {
    search: async ({ country, areaCode, contains, limit }) => {
      const query = { AreaCode: areaCode, Contains: contains, VoiceEnabled: 'true', PageSize: String(limit) };
      const answer = await ask(
        name,
        at(baseUrl, `${root}/AvailablePhoneNumbers/${country}/Local.json`, query),
        { headers },
      );
      // A country without local numbers is none that Twilio knows.
      if (answer.status === 404) return [];
      return read(answer, offers).available_phone_numbers.map((offer) => ({
        e164: offer.phone_number,
        country: offer.iso_country,
        region: offer.region ?? null,
        locality: offer.locality ?? null,
        monthlyPrice: null,
        currency: null,
      }));
    },
    buy: async (e164) => {
      const form = { PhoneNumber: e164, ...(account.trunkSid === '' ? {} : { TrunkSid: account.trunkSid }) };
      const url = at(baseUrl, `${root}/IncomingPhoneNumbers.json`);
      return trunkOf(account, read(await ask(name, url, { method: 'POST', headers, form }), bought).sid);
    },
    find: async (e164) => {
      const url = at(baseUrl, `${root}/IncomingPhoneNumbers.json`, { PhoneNumber: e164 });
      const { incoming_phone_numbers: numbers } = read(await ask(name, url, { headers }), owned);
      const one = numbers.find(({ phone_number: found }) => found === e164);
      return one ? trunkOf(account, one.sid) : null;
    },
    release: async ({ carrierNumberId }) => {
      const url = at(baseUrl, `${root}/IncomingPhoneNumbers/${encodeURIComponent(carrierNumberId)}.json`);
      const answer = await ask(name, url, { method: 'DELETE', headers });
      if (answer.status !== 204 && answer.status !== 404) throw refused(answer);
    },
  };
}

function read<T extends z.ZodType>(answer: CarrierAnswer, schema: T): z.output<T> {
  if (answer.status >= 400) throw refused(answer);
  const result = schema.safeParse(answer.body);
  if (!result.success) throw unreadable(name);
  return result.data;
}

function refused({ status, body }: CarrierAnswer): CarrierFailure {
  const { data } = refusal.safeParse(body);
  const why = data
    ? `${data.message.slice(0, 500)}${data.code ? ` (error ${data.code})` : ''}`
    : `status ${status}`;
  return new CarrierFailure(`Twilio refuses: ${why}`, notForSale.has(data?.code ?? 0) ? 'taken' : 'refused');
}
