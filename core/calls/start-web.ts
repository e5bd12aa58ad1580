import { z } from 'zod';
import { calls } from '../../db/schema/calls.ts';
import { newId } from '../../platform/ids.ts';
import { findPublishedAgent } from '../agents/find-published.ts';
import { versionFor } from '../agents/traffic.ts';
import { variablesField } from '../fields.ts';
import { operation } from '../operation.ts';
import type { Call } from './call.ts';
import { callerIdentity } from './plan.ts';
import { resolvePlan } from './resolve-plan.ts';

/** A visitor's own secret: whoever knows it is told what was said under it. */
export const threadKeyField = z.string().trim().min(16).max(180);

const input = z.object({
  /** Id or web slug. */
  agent: z.string().trim().min(1).max(100),
  variables: variablesField.default({}),
  threadKey: threadKeyField.optional(),
  visitorName: z.string().trim().max(100).default(''),
});

/** A page may sit open for a while before its button is pressed. */
const tokenTtlMs = 600_000;

export interface WebCall {
  readonly call: Call;
  readonly token: string;
  /** ws:// or wss:// of LiveKit, as the visitor reaches it. */
  readonly url: string;
  readonly roomName: string;
  readonly agentName: string;
}

/** A visitor's call with a published agent. Nothing rings until the visitor joins the room with the token. */
export const startWebCall = operation({
  name: 'call.start_web',
  scope: 'public',
  input,
  audit: (_input, { call }: WebCall) => ({ target: call.id, workspaceId: call.workspaceId }),
  run: async (ctx, { agent: named, variables, visitorName, threadKey }) => {
    const agent = await findPublishedAgent(ctx, named);
    const id = newId();
    const [call] = await ctx.db
      .insert(calls)
      .values({
        id,
        workspaceId: agent.workspaceId,
        agentId: agent.id,
        agentVersionId: versionFor(agent, id),
        channel: 'web',
        direction: 'inbound',
        roomName: `web-${id}`,
        // Apart from numbers and contacts, which anybody could guess.
        threadId: threadKey === undefined ? null : `visitor:${threadKey}`,
        variables,
      })
      .returning();
    if (!call) throw new Error('The insert of a call returned nothing.');
    const { token, url } = await ctx.services.ports.rooms.issueVisitorToken({
      plan: await resolvePlan(ctx, call),
      identity: callerIdentity(id),
      name: visitorName === '' ? 'Visitor' : visitorName,
      ttlMs: tokenTtlMs,
    });
    return { call, token, url, roomName: call.roomName, agentName: agent.name };
  },
});
