import { z } from 'zod';
import { waitFor } from '../platform/retry.ts';
import type { Answer } from './judge.ts';
import type { Moment } from './phone-caller.ts';

interface Api {
  readonly url: string;
  readonly apiKey: string;
}

const event = z.object({ type: z.string(), at: z.iso.datetime(), data: z.record(z.string(), z.unknown()) });
const detail = z.object({
  id: z.string(),
  agent_version_id: z.string(),
  dynamic_variables: z.record(z.string(), z.string()),
  disposition: z.string().nullable(),
  end_reason: z.string().nullable(),
  events: z.array(event),
});
export type CallRecord = z.output<typeof detail>;
const announced = z.object({ call_id: z.string(), dial_as: z.string(), agent_version_id: z.string() });

export interface Announced {
  /** Of the call that will come. */
  readonly callId: string;
  /** The caller's number that makes it this call. */
  readonly dialAs: string;
  readonly agentVersionId: string;
}

const requestTimeoutMs = 10_000;
const finalizedWithinMs = 30_000;

/** Says what the next call from a number made up for it will run. Throws with the API's words. */
export async function announceCall(
  {
    number,
    agentId,
    version,
    ...api
  }: Api & {
    readonly number: string;
    readonly agentId?: string | undefined;
    readonly version?: number | undefined;
  },
  as: { readonly variables: Readonly<Record<string, string>>; readonly callerNumber: string },
): Promise<Announced> {
  const response = await request(api, '/calls/announce', {
    phone_number: number,
    ...(agentId === undefined ? {} : { agent_id: agentId }),
    ...(version === undefined ? {} : { agent_version: version }),
    ...{ dynamic_variables: as.variables, caller_number: as.callerNumber },
  });
  if (!response.ok)
    throw new Error(
      `POST /calls/announce answered ${response.status}: ${(await response.text()).slice(0, 500)}`,
    );
  const { call_id, dial_as, agent_version_id } = announced.parse(await response.json());
  return { callId: call_id, dialAs: dial_as, agentVersionId: agent_version_id };
}

/** The record of an announced call, once it is finalized. Rejects when that does not happen in time. */
export const callRecord = (api: Api, callId: string): Promise<CallRecord> =>
  waitFor(
    'the call to be finalized',
    async () => {
      const response = await request(api, `/calls/${callId}`);
      if (response.status === 404)
        throw new Error('the call reached the agent as any other would: its number was not kept on the way');
      if (!response.ok) throw new Error(`GET /calls/${callId} answered ${response.status}.`);
      const record = detail.parse(await response.json());
      return record.disposition === null ? undefined : record;
    },
    { timeoutMs: finalizedWithinMs, everyMs: 250 },
  );

const request = ({ url, apiKey }: Api, path: string, body?: object): Promise<Response> =>
  fetch(new URL(path, url), {
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    headers: { 'x-api-key': apiKey, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    signal: AbortSignal.timeout(requestTimeoutMs),
  });

/** What the agent said and did from one moment to another, Unix ms. */
export function answerIn(record: CallRecord, { at: fromMs, tookMs, promptMs }: Moment, toMs: number): Answer {
  const events = record.events.filter(({ type, at, data }) => {
    // A turn is reported when it is over; it belongs to where it began.
    const began = type === 'agent.turn' ? Number(data.started_at) : Date.parse(at);
    return began >= fromMs && began < toMs;
  });
  const of = (wanted: string) => events.filter(({ type }) => type === wanted).map(({ data }) => data);
  const failed = new Set(
    record.events
      .filter(({ type, data }) => type === 'tool.returned' && data.ok === false)
      .map(({ data }) => data.tool_call_id),
  );
  return {
    said: of('agent.turn')
      .map(({ text }) => String(text))
      .join('\n'),
    calls: of('tool.called').map((data) => ({
      name: String(data.name),
      ok: !failed.has(data.tool_call_id),
      arguments: data.arguments,
    })),
    notes: of('note.taken').map(({ fields }) => fields as Record<string, unknown>),
    problems: of('error')
      .filter(({ recoverable }) => recoverable === false)
      .map(({ message }) => String(message)),
    tookMs: Math.round(tookMs),
    ...(promptMs === undefined ? {} : { promptMs }),
  };
}
