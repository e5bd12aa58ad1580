import { and, eq, lt } from 'drizzle-orm';
import { z } from 'zod';
import { announcedCalls } from '../../db/schema/announced-calls.ts';
import { phoneNumbers } from '../../db/schema/phone-numbers.ts';
import { newId } from '../../platform/ids.ts';
import { findAgent } from '../agents/agent.ts';
import { versionFor } from '../agents/traffic.ts';
import { findVersion } from '../agents/versions.ts';
import { invalid, notFound } from '../errors.ts';
import { phoneNumberField, variablesField, versionField } from '../fields.ts';
import { operation } from '../operation.ts';
import type { AnnouncedCall } from './announced.ts';
import { announcedNumber } from './announced-number.ts';

const input = z.object({
  /** A number of the workspace, which is going to be dialed. */
  phoneNumber: phoneNumberField,
  /** Left out: the agent of the number. */
  agentId: z.string().optional(),
  /** Left out: the one that calls run. */
  version: versionField.optional(),
  variables: variablesField.default({}),
  /** Whom the agent takes for the caller. Left out: withheld. */
  callerNumber: phoneNumberField.optional(),
});

/** Long enough to dial, too short to find a number of twelve digits. */
const expiresAfterMs = 60_000;

/**
 * Says what the next call from a number made up for it will run: an agent, a version, variables. The call's id is that
 * of the announcement. Throws not_found for a number, agent or version that the workspace does not have, invalid for a
 * number without an agent.
 */
export const announceCall = operation({
  name: 'call.announce',
  scope: 'member',
  input,
  audit: ({ phoneNumber }, announced: AnnouncedCall) => ({
    target: announced.id,
    details: { phoneNumber, agentVersionId: announced.agentVersionId },
  }),
  run: async (ctx, { phoneNumber, agentId, version, variables, callerNumber }) => {
    const { workspaceId } = ctx;
    const [number] = await ctx.db
      .select()
      .from(phoneNumbers)
      .where(and(eq(phoneNumbers.e164, phoneNumber), eq(phoneNumbers.workspaceId, workspaceId)));
    if (!number) throw notFound('Phone number');
    // Its callers are turned away before anybody could look at the announcement (docs/decisions/0008).
    if (number.agentId === null) throw invalid('phoneNumber', 'no agent is mapped to this number');
    const agent = await findAgent(ctx, agentId ?? number.agentId);
    const id = newId();
    const now = Date.now();
    await ctx.db
      .delete(announcedCalls)
      .where(and(eq(announcedCalls.workspaceId, workspaceId), lt(announcedCalls.expiresAt, new Date(now))));
    const [announced] = await ctx.db
      .insert(announcedCalls)
      .values({
        ...{ id, workspaceId, variables, phoneNumberId: number.id, agentId: agent.id },
        agentVersionId:
          version === undefined ? versionFor(agent, id) : (await findVersion(ctx, agent.id, version)).id,
        dialAs: announcedNumber(),
        callerNumber: callerNumber ?? null,
        expiresAt: new Date(now + expiresAfterMs),
      })
      .returning();
    if (!announced) throw new Error('The insert of an announcement returned nothing.');
    return announced;
  },
});
