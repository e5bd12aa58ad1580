import { Readable } from 'node:stream';
import { z } from 'zod';
import { requestAnalysis } from '../../../../core/analyses/index.ts';
import {
  endCall,
  exportCalls,
  getCall,
  listCalls,
  placeCall,
  startWebCall,
} from '../../../../core/calls/index.ts';
import { phoneNumberField, variablesField } from '../../../../core/fields.ts';
import { idParams } from '../../../http/params.ts';
import { route } from '../../../http/route.ts';
import { presentCall, presentCallDetail } from '../presenters/call.ts';
import { callDetailOut, callFilters, callOut, callPageFilters } from '../schemas/call.ts';
import { announceRoute } from './announce-call.ts';

const generateToken = route({
  method: 'get',
  path: '/calls/generate-token',
  operationId: 'generateToken',
  summary: 'A visitor’s way into a call with a published agent',
  description:
    'Joining `room` at `url` with `token` starts the call. `agent_id` is the id or the web slug; agents without a web slug are not published.',
  auth: 'public',
  status: 200,
  errors: [404],
  limit: { name: 'visitor-token', points: 30, durationMs: 60_000 },
  query: z.object({
    agent_id: z.string().trim().min(1, 'must not be empty').max(100),
    visitor_name: z.string().trim().max(100).optional(),
  }),
  returns: z.object({
    token: z.string(),
    url: z.string(),
    room: z.string(),
    call_id: z.uuid(),
    agent_name: z.string(),
  }),
  handle: async ({ ctx, query, koa }) => {
    koa.set('Cache-Control', 'no-store');
    const { call, token, url, roomName, agentName } = await startWebCall(ctx, {
      agent: query.agent_id,
      visitorName: query.visitor_name,
    });
    return { token, url, room: roomName, call_id: call.id, agent_name: agentName };
  },
});

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
  contentType: 'text/csv; charset=utf-8',
  query: callFilters,
  wireNames: filterWireNames,
  handle: async ({ ctx, query, koa }) => {
    const chunks = await exportCalls(ctx, filterOf(query));
    // What the database refuses must be known before the status is sent.
    const first = [await chunks.next(), await chunks.next()];
    koa.status = 200;
    koa.type = 'text/csv; charset=utf-8';
    koa.set('Cache-Control', 'no-store');
    koa.attachment('calls.csv');
    koa.body = Readable.from(resumed(first, chunks), { objectMode: false });
    return undefined;
  },
});

async function* resumed<T>(taken: readonly IteratorResult<T>[], rest: AsyncGenerator<T>): AsyncGenerator<T> {
  try {
    for (const { done, value } of taken) if (!done) yield value;
    yield* rest;
  } finally {
    await rest.return(undefined);
  }
}

const get = route({
  method: 'get',
  path: '/calls/{id}',
  operationId: 'getCall',
  summary: 'One call with its transcript, its events and where the milliseconds of each turn went',
  auth: 'member',
  status: 200,
  params: idParams,
  returns: callDetailOut,
  handle: async ({ ctx, params }) => presentCallDetail(await getCall(ctx, { callId: params.id })),
});

const e164 = phoneNumberField.meta({ type: 'string', description: 'E.164', example: '+14155559876' });

const outboundCall = route({
  method: 'post',
  path: '/calls/outbound_call',
  operationId: 'placeOutboundCall',
  summary: 'Call somebody with the agent of one of the workspace’s numbers',
  auth: 'member',
  keyScope: 'calls:write',
  status: 201,
  errors: [404, 409],
  body: z
    .object({
      agent_phone_number: e164,
      phone_number_to_dial: e164,
      dynamic_variables: variablesField.nullish(),
    })
    .meta({ id: 'OutboundCall' }),
  returns: z.object({
    call_id: z.uuid(),
    status: z.string(),
    room: z.string(),
    missing_variables: z.array(z.string()),
  }),
  wireNames: {
    fromNumber: 'agent_phone_number',
    toNumber: 'phone_number_to_dial',
    variables: 'dynamic_variables',
  },
  handle: async ({ ctx, body }) => {
    const call = await placeCall(ctx, {
      fromNumber: body.agent_phone_number,
      toNumber: body.phone_number_to_dial,
      variables: body.dynamic_variables ?? {},
    });
    const { id, status, roomName, missingVariables } = call;
    return { call_id: id, status, room: roomName, missing_variables: missingVariables };
  },
});

const hangUp = route({
  method: 'post',
  path: '/calls/{id}/end',
  operationId: 'endCall',
  summary: 'Hang up; a call that is over stays as it is',
  auth: 'member',
  status: 202,
  params: idParams,
  returns: z.object({ call_id: z.uuid(), status: z.string() }),
  handle: async ({ ctx, params }) => {
    const call = await endCall(ctx, { callId: params.id });
    return { call_id: call.id, status: call.status };
  },
});

const analyze = route({
  method: 'post',
  path: '/calls/{id}/analyze',
  operationId: 'analyzeCall',
  summary: 'Analyse a finished call again, for example with another model',
  description:
    'The result is in GET /calls/{id} once its `run` is there. While a run is under way, it is the answer.',
  auth: 'developer',
  status: 202,
  errors: [409],
  params: idParams,
  returns: z.object({ call_id: z.uuid(), run: z.number().int(), status: z.enum(['pending', 'done']) }),
  handle: async ({ ctx, params }) => {
    const { callId, run, status } = await requestAnalysis(ctx, { callId: params.id });
    return { call_id: callId, run, status };
  },
});

export const callRoutes = [generateToken, list, exportAll, get, outboundCall, announceRoute, hangUp, analyze];
