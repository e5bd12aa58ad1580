import { z } from 'zod';
import { waitFor } from '../platform/retry.ts';
import type { Answer } from './judge.ts';

const event = z.object({ type: z.string(), at: z.iso.datetime(), data: z.record(z.string(), z.unknown()) });
const detail = z.object({
  id: z.string(),
  disposition: z.string().nullable(),
  end_reason: z.string().nullable(),
  events: z.array(event),
});
export type CallRecord = z.output<typeof detail>;
const page = z.object({ items: z.array(z.object({ id: z.string(), from_number: z.string().nullable() })) });

const finalizedWithinMs = 30_000;

/** The record of the call from a number, once it is finalized. Rejects when that does not happen in time. */
export async function callRecord(
  { url, apiKey }: { readonly url: string; readonly apiKey: string },
  fromNumber: string,
): Promise<CallRecord> {
  const get = async (path: string): Promise<unknown> => {
    const response = await fetch(new URL(path, url), {
      headers: { 'x-api-key': apiKey },
      signal: AbortSignal.timeout(10_000),
    });
    if (!response.ok) throw new Error(`GET ${path} answered ${response.status}.`);
    return response.json();
  };
  return waitFor(
    'the call to be finalized',
    async () => {
      const { items } = page.parse(await get('/calls?page_size=100'));
      const id = items.find((call) => call.from_number === fromNumber)?.id;
      if (id === undefined) return undefined;
      const record = detail.parse(await get(`/calls/${id}`));
      return record.disposition === null ? undefined : record;
    },
    { timeoutMs: finalizedWithinMs, everyMs: 250 },
  );
}

/** What the agent said and did from one moment to another, Unix ms. */
export function answerIn(record: CallRecord, fromMs: number, toMs: number, tookMs: number): Answer {
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
  };
}
