import { z } from 'zod';
import { exportCalls, getCall, listCalls } from '../../../../core/calls/index.ts';
import { csvType, sendCsv } from '../../../http/csv-file.ts';
import { idParams } from '../../../http/params.ts';
import { route } from '../../../http/route.ts';
import { presentCall, presentCallDetail } from '../presenters/call.ts';
import { callDetailOut, callFilters, callOut, callPageFilters } from '../schemas/call.ts';

const filterWireNames = { startAt: 'start_datetime', endAt: 'end_datetime' };

const filterOf = (query: z.output<typeof callFilters>) => ({
  channel: query.call_type,
  direction: query.call_direction,
  agentId: query.agent_id,
  disposition: query.disposition,
  startAt: query.start_datetime,
  endAt: query.end_datetime,
  campaignId: query.batch_id,
});

const list = route({
  method: 'get',
  path: '/calls',
  operationId: 'listCalls',
  summary: 'Calls of the workspace, newest first',
  auth: 'member',
  status: 200,
  query: callPageFilters,
  wireNames: filterWireNames,
  returns: z
    .object({
      items: z.array(callOut),
      total: z.number().int(),
      page: z.number().int(),
      page_size: z.number().int(),
      has_next: z.boolean(),
      has_prev: z.boolean(),
      next_cursor: z.string().nullable().meta({
        description:
          'For `cursor`: the next page, also when other calls have come in. Null: this is the last one.',
      }),
    })
    .meta({ id: 'CallPage' }),
  handle: async ({ ctx, query }) => {
    const { page: asked, page_size, cursor } = query;
    const { items, total, page, hasNext, nextCursor } = await listCalls(ctx, {
      page: asked,
      pageSize: page_size,
      cursor,
      ...filterOf(query),
    });
    return {
      items: items.map(presentCall),
      total,
      page,
      page_size,
      has_next: hasNext,
      has_prev: page > 1,
      next_cursor: nextCursor,
    };
  },
});

const exportAll = route({
  method: 'get',
  path: '/calls/export',
  operationId: 'exportCalls',
  summary: 'The calls that fit as CSV, newest first, however many',
  description:
    'UTF-8 with a byte order mark. A cell that a spreadsheet would take for a formula begins with an apostrophe. The connection is cut when something breaks on the way: only a file that ends properly is whole. 503 while three exports run.',
  auth: 'member',
  status: 200,
  errors: [503],
  contentType: csvType,
  query: callFilters,
  wireNames: filterWireNames,
  handle: async ({ ctx, query, koa }) => {
    const chunks = await exportCalls(ctx, filterOf(query));
    // What the database refuses must be known before the status is sent.
    const first = [await chunks.next(), await chunks.next()];
    sendCsv(koa, 'calls.csv', resumed(first, chunks));
    return undefined;
  },
});

/**
 * What was taken already, and the rest. No generator: to close one that nobody has begun to read (HEAD, a client that
 * has gone meanwhile) does nothing, and the rest has a connection to give back.
 */
function resumed<T>(taken: readonly IteratorResult<T>[], rest: AsyncGenerator<T>): AsyncIterable<T> {
  const waiting = taken.filter(({ done }) => !done);
  return {
    [Symbol.asyncIterator]: () => ({
      next: async () => waiting.shift() ?? rest.next(),
      return: () => rest.return(undefined),
    }),
  };
}

const get = route({
  method: 'get',
  path: '/calls/{id}',
  operationId: 'getCall',
  summary:
    'One call with its transcript, its recording, its events and where the milliseconds of each turn went',
  auth: 'member',
  status: 200,
  params: idParams,
  returns: callDetailOut,
  handle: async ({ ctx, params, koa }) => {
    // It has links that work for whoever has them.
    koa.set('Cache-Control', 'no-store');
    return presentCallDetail(await getCall(ctx, { callId: params.id }), ctx.services.publicUrl);
  },
});

export const callRoutes = [list, exportAll, get];
