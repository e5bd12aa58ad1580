import { createServer, type IncomingMessage } from 'node:http';
import { onTestFinished } from 'vitest';

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: Record<string, string>;
  readonly authorization: string;
  readonly body: string;
}
export type Reply = { readonly status: number; readonly json?: unknown } | 'silence';

/** A carrier's API that answers what a test says and remembers what it was asked. */
export async function mockApi(reply: (asked: Asked) => Reply): Promise<{ url: string; asked: Asked[] }> {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    const one = await read(request);
    asked.push(one);
    const answer = reply(one);
    if (answer === 'silence') {
      request.socket.destroy();
      return;
    }
    response.writeHead(answer.status, { 'content-type': 'application/json' });
    response.end(answer.json === undefined ? '' : JSON.stringify(answer.json));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  return { asked, url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}` };
}

async function read(request: IncomingMessage): Promise<Asked> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const url = new URL(request.url ?? '', 'http://mock');
  return {
    method: request.method ?? '',
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    authorization: request.headers.authorization ?? '',
    body: Buffer.concat(chunks).toString(),
  };
}

/** The number that is for sale. */
export const wanted = '+14155550123';

const after = (_done: unknown, reply: Reply): Reply => reply;

/** What each vendor documents, for a number that is for sale until it is bought. */
export const vendors = {
  twilio: (isOwned: () => boolean, own: (owned: boolean) => void): ((asked: Asked) => Reply) => {
    const number = { sid: 'PN1', phone_number: wanted, friendly_name: '(415) 555-0123', account_sid: 'AC1' };
    return ({ method, path }) => {
      if (path === '/2010-04-01/Accounts/AC1/AvailablePhoneNumbers/US/Local.json')
        return {
          status: 200,
          json: {
            available_phone_numbers: [
              {
                phone_number: wanted,
                friendly_name: '(415) 555-0123',
                locality: 'San Francisco',
                region: 'CA',
                iso_country: 'US',
                capabilities: { voice: true, SMS: true },
              },
            ],
            uri: path,
          },
        };
      if (method === 'DELETE') return after(own(false), { status: 204 });
      if (method === 'GET')
        return { status: 200, json: { incoming_phone_numbers: isOwned() ? [number] : [] } };
      if (isOwned())
        return {
          status: 400,
          json: {
            code: 21422,
            message: `${wanted} is not available`,
            more_info: 'https://www.twilio.com/docs/errors/21422',
            status: 400,
          },
        };
      own(true);
      return { status: 201, json: number };
    };
  },
  telnyx: (isOwned: () => boolean, own: (owned: boolean) => void): ((asked: Asked) => Reply) => {
    return ({ method, path }) => {
      if (path === '/v2/available_phone_numbers')
        return {
          status: 200,
          json: {
            data: [
              {
                record_type: 'available_phone_number',
                phone_number: wanted,
                region_information: [
                  { region_type: 'country_code', region_name: 'US' },
                  { region_type: 'state', region_name: 'CA' },
                  { region_type: 'rate_center', region_name: 'SAN FRANCISCO' },
                ],
                cost_information: { upfront_cost: '1.00', monthly_cost: '1.00', currency: 'USD' },
                features: [{ name: 'voice' }],
              },
            ],
            meta: { total_results: 1, best_effort_results: 0 },
          },
        };
      if (method === 'DELETE') return after(own(false), { status: 200, json: { data: { id: 'N1' } } });
      if (method === 'GET')
        return {
          status: 200,
          json: { data: isOwned() ? [{ id: 'N1', phone_number: wanted, status: 'active' }] : [] },
        };
      if (isOwned())
        return {
          status: 422,
          json: {
            errors: [
              { code: '85001', title: 'Number not available', detail: 'The number is not available.' },
            ],
          },
        };
      own(true);
      return {
        status: 200,
        json: {
          data: {
            id: 'O1',
            record_type: 'number_order',
            status: 'pending',
            phone_numbers: [{ id: 'P1', phone_number: wanted, status: 'pending' }],
          },
        },
      };
    };
  },
  vonage: (isOwned: () => boolean, own: (owned: boolean) => void): ((asked: Asked) => Reply) => {
    const ok = { status: 200, json: { 'error-code': '200', 'error-code-label': 'success' } };
    return ({ path }) => {
      const number = { country: 'US', msisdn: wanted.slice(1), type: 'landline', features: ['VOICE'] };
      if (path === '/number/search')
        return { status: 200, json: { count: 1, numbers: [{ ...number, cost: '0.90' }] } };
      if (path === '/account/numbers')
        return { status: 200, json: isOwned() ? { count: 1, numbers: [number] } : {} };
      if (path === '/number/update') return ok;
      if (path === '/number/cancel') return after(own(false), ok);
      if (isOwned())
        return { status: 420, json: { 'error-code': '420', 'error-code-label': 'method failed' } };
      own(true);
      return ok;
    };
  },
} as const;
