import { z } from 'zod';
import { listCallbacks } from '../../../../core/callbacks/index.ts';
import { listTextMessages } from '../../../../core/messaging/index.ts';
import { intParam } from '../../../http/params.ts';
import { route } from '../../../http/route.ts';

/** What agents have promised or sent: call-backs and text messages. */

const query = z.object({ limit: intParam({ min: 1, max: 500, fallback: 100 }) });
const when = z.iso.datetime().nullable();
const origin = { call_id: z.uuid().nullable(), chat_id: z.uuid().nullable() };

const callbackOut = z
  .object({
    id: z.uuid(),
    agent_id: z.uuid(),
    ...origin,
    phone_number: z.string(),
    due_at: z.iso.datetime(),
    time_zone: z.string().meta({ description: 'IANA name: where the person said the time.' }),
    reason: z.string(),
    status: z
      .enum(['pending', 'taken', 'done', 'canceled'])
      .meta({ description: 'taken: it was placed, or a campaign keeps it.' }),
    status_reason: z.string().meta({ description: 'Why it was put off or canceled.' }),
    placed_call_id: z.uuid().nullable().meta({ description: 'The call that came of it.' }),
    created_at: z.iso.datetime(),
  })
  .meta({ id: 'Callback' });

const callbacks = route({
  method: 'get',
  path: '/callbacks',
  operationId: 'listCallbacks',
  summary:
    'Call-backs that agents have promised: those to come, the next one first, then those that are over',
  auth: 'member',
  status: 200,
  query,
  returns: z.array(callbackOut),
  handle: async ({ ctx, query: { limit } }) =>
    (await listCallbacks(ctx, { limit })).map((row) => ({
      id: row.id,
      agent_id: row.agentId,
      call_id: row.callId,
      chat_id: row.conversationId,
      phone_number: row.phoneNumber,
      due_at: row.dueAt.toISOString(),
      time_zone: row.timeZone,
      ...{ reason: row.reason, status: row.status, status_reason: row.statusReason },
      placed_call_id: row.placedCallId,
      created_at: row.createdAt.toISOString(),
    })),
});

const textMessageOut = z
  .object({
    id: z.uuid(),
    agent_id: z.uuid().nullable(),
    ...origin,
    direction: z.enum(['outbound', 'inbound']),
    from: z.string().nullable(),
    to: z.string(),
    body: z.string(),
    status: z
      .enum(['queued', 'sending', 'sent', 'failed', 'held', 'received'])
      .meta({ description: 'held: no carrier is configured.' }),
    carrier: z.string().nullable(),
    error: z.string().nullable(),
    created_at: z.iso.datetime(),
    sent_at: when,
  })
  .meta({ id: 'TextMessage' });

const textMessages = route({
  method: 'get',
  path: '/text-messages',
  operationId: 'listTextMessages',
  summary: 'Text messages that agents have sent, newest first',
  auth: 'member',
  status: 200,
  query,
  returns: z.array(textMessageOut),
  handle: async ({ ctx, query: { limit } }) =>
    (await listTextMessages(ctx, { limit })).map((row) => ({
      id: row.id,
      agent_id: row.agentId,
      call_id: row.callId,
      chat_id: row.conversationId,
      ...{ direction: row.direction, body: row.body, status: row.status },
      ...{ carrier: row.carrier, error: row.error },
      from: row.fromNumber,
      to: row.toNumber,
      created_at: row.createdAt.toISOString(),
      sent_at: row.sentAt?.toISOString() ?? null,
    })),
});

export const promiseRoutes = [callbacks, textMessages];
