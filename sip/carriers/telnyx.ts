import { z } from 'zod';
import type { AccountOf } from '../../core/carriers/account.ts';
import { CarrierFailure } from '../../core/carriers/carrier-failure.ts';
import type { NumberCarrier } from '../../core/ports.ts';
import { ask, at, type CarrierAnswer, unreadable } from './http.ts';
import { trunkOf } from './trunk-of.ts';

const name = 'Telnyx';

const offers = z.object({
  data: z.array(
    z.object({
      phone_number: z.string(),
      region_information: z.array(z.object({ region_type: z.string(), region_name: z.string() })).nullish(),
      cost_information: z.object({ monthly_cost: z.string(), currency: z.string() }).partial().nullish(),
    }),
  ),
});
const order = z.object({
  data: z.object({
    id: z.string().min(1),
    status: z.string(),
    phone_numbers: z.array(z.object({ phone_number: z.string(), status: z.string().nullish() })),
  }),
});
const owned = z.object({ data: z.array(z.object({ id: z.string().min(1), phone_number: z.string() })) });
const refusal = z.object({
  errors: z
    .array(z.object({ code: z.string().nullish(), title: z.string(), detail: z.string().nullish() }))
    .min(1),
});

/**
 * Telnyx's API v2: available_phone_numbers, number_orders, phone_numbers
 * (developers.telnyx.com/api-reference/phone-number-search, …/phone-number-orders).
 */
export function telnyx(account: AccountOf<'telnyx'>, baseUrl: string): NumberCarrier {
  const headers = { authorization: `Bearer ${account.apiKey}` };
  const find = async (e164: string) => {
    const url = at(baseUrl, '/v2/phone_numbers', { 'filter[phone_number]': e164 });
    return read(await ask(name, url, { headers }), owned).data.find((one) => one.phone_number === e164);
  };
  return {
    search: async ({ country, areaCode, contains, limit }) => {
      const query = {
        'filter[country_code]': country,
        'filter[national_destination_code]': areaCode,
        'filter[phone_number][contains]': contains,
        'filter[features]': 'voice',
        'filter[limit]': String(limit),
      };
      const answer = await ask(name, at(baseUrl, '/v2/available_phone_numbers', query), { headers });
      return read(answer, offers).data.map((offer) => ({
        e164: offer.phone_number,
        country,
        region: regionOf(offer, 'state'),
        locality: regionOf(offer, 'rate_center'),
        monthlyPrice: offer.cost_information?.monthly_cost ?? null,
        currency: offer.cost_information?.currency ?? null,
      }));
    },
    buy: async (e164) => {
      const json = {
        phone_numbers: [{ phone_number: e164 }],
        ...(account.connectionId === '' ? {} : { connection_id: account.connectionId }),
      };
      const answer = await ask(name, at(baseUrl, '/v2/number_orders'), { method: 'POST', headers, json });
      const { data } = read(answer, order);
      const failed = [data.status, ...data.phone_numbers.map(({ status }) => status)].includes('failure');
      if (failed) throw new CarrierFailure('Telnyx could not deliver this number.', 'taken');
      // An order is carried out a moment later; the number has an id of its own only then.
      return trunkOf(account, (await find(e164).catch(() => undefined))?.id ?? data.id);
    },
    find: async (e164) => {
      const one = await find(e164);
      return one ? trunkOf(account, one.id) : null;
    },
    release: async ({ e164 }) => {
      const one = await find(e164);
      if (one === undefined) return;
      const url = at(baseUrl, `/v2/phone_numbers/${encodeURIComponent(one.id)}`);
      const answer = await ask(name, url, { method: 'DELETE', headers });
      if (answer.status >= 400 && answer.status !== 404) throw refused(answer);
    },
  };
}

function regionOf(offer: z.output<typeof offers>['data'][number], type: string): string | null {
  return offer.region_information?.find((one) => one.region_type === type)?.region_name ?? null;
}

function read<T extends z.ZodType>(answer: CarrierAnswer, schema: T): z.output<T> {
  if (answer.status >= 400) throw refused(answer);
  const result = schema.safeParse(answer.body);
  if (!result.success) throw unreadable(name);
  return result.data;
}

function refused({ status, body }: CarrierAnswer): CarrierFailure {
  const first = refusal.safeParse(body).data?.errors[0];
  const why = first
    ? `${first.detail ?? first.title}${first.code ? ` (error ${first.code})` : ''}`
    : `status ${status}`;
  // Its codes for this have changed over time; the words have not.
  const isTaken =
    status === 404 || status === 409 || /not available|unavailable|already|not found/i.test(why);
  return new CarrierFailure(`Telnyx refuses: ${why.slice(0, 500)}`, isTaken ? 'taken' : 'refused');
}
