import { and, asc, eq, inArray } from 'drizzle-orm';
import { z } from 'zod';
import { attempts } from '../../db/schema/attempts.ts';
import { calls } from '../../db/schema/calls.ts';
import { campaigns } from '../../db/schema/campaigns.ts';
import type { CallStatus } from '../calls/call.ts';
import { operation } from '../operation.ts';

export interface LiveAttempt {
  readonly callId: string;
  readonly slug: string;
  readonly campaignName: string;
  readonly contactId: string;
  readonly phone: string;
  readonly fromNumber: string;
  readonly attempt: number;
  readonly status: CallStatus;
  readonly queuedAt: Date;
  readonly dialedAt: Date | null;
  readonly answeredAt: Date | null;
}

/** The calls of the workspace's campaigns that are on, oldest first. */
export const listLiveAttempts = operation({
  name: 'campaign.live',
  scope: 'member',
  input: z.object({
    slug: z.string().optional(),
    limit: z.number().int().min(1).max(1_000).default(200),
  }),
  reads: true,
  run: (ctx, { slug, limit }): Promise<LiveAttempt[]> =>
    ctx.db
      .select({
        ...{ callId: attempts.id, slug: campaigns.slug, campaignName: campaigns.name },
        ...{ contactId: attempts.contactId, phone: attempts.phone, fromNumber: attempts.fromNumber },
        ...{ attempt: attempts.number, status: calls.status, queuedAt: calls.queuedAt },
        ...{ dialedAt: calls.dialedAt, answeredAt: calls.answeredAt },
      })
      .from(attempts)
      .innerJoin(calls, eq(calls.id, attempts.id))
      .innerJoin(campaigns, eq(campaigns.id, attempts.campaignId))
      .where(
        and(
          eq(attempts.workspaceId, ctx.workspaceId),
          inArray(attempts.state, ['reserved', 'dialing']),
          slug === undefined ? undefined : eq(campaigns.slug, slug),
        ),
      )
      .orderBy(asc(attempts.createdAt))
      .limit(limit),
});
