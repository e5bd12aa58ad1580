import { eq } from 'drizzle-orm';
import { z } from 'zod';
import { calls } from '../../db/schema/calls.ts';
import { DomainError, notFound } from '../errors.ts';
import { operation } from '../operation.ts';
import { remoteToolRequest } from './remote-tools.ts';
import { runBuiltIn } from './run-built-in.ts';
import type { ToolSubject } from './subject.ts';

/**
 * One use of a built-in function by the agent of a call. Throws conflict when the call is over or another worker has
 * it.
 */
export const runCallTool = operation({
  name: 'tool.run_in_call',
  scope: 'system',
  input: remoteToolRequest.extend({ callId: z.uuid() }),
  audit: ({ callId, name }) => ({ target: callId, details: { name } }),
  run: async (ctx, { callId, epoch, personNumber, ...use }) => {
    const [call] = await ctx.db.select().from(calls).where(eq(calls.id, callId));
    if (!call) throw notFound('Call');
    if (call.epoch !== epoch || call.status === 'ended')
      throw new DomainError('conflict', 'This call is over, or another worker is in charge of it.');
    const [person, agent] =
      call.direction === 'inbound' ? [call.fromNumber, call.toNumber] : [call.toNumber, call.fromNumber];
    const subject: ToolSubject = {
      workspaceId: call.workspaceId,
      agentId: call.agentId,
      callId,
      conversationId: null,
      personNumber: asNumber(person ?? personNumber),
      agentNumber: agent,
      timeZone: call.variables.time_zone ?? null,
    };
    return runBuiltIn({ ...ctx, workspaceId: call.workspaceId }, subject, use);
  },
});

/** A withheld number is "anonymous" or worse. */
const asNumber = (text: string | null): string | null =>
  text !== null && /^\+[1-9]\d{4,14}$/.test(text) ? text : null;
