import { and, eq, isNotNull, isNull } from 'drizzle-orm';
import { z } from 'zod';
import { agents } from '../../db/schema/agents.ts';
import { isUuid } from '../../platform/ids.ts';
import { notFound } from '../errors.ts';
import { operation } from '../operation.ts';

/** What a visitor may know of a published agent: that it is there, and its name. */
export const getPublishedAgent = operation({
  name: 'agent.get_published',
  scope: 'public',
  /** Id or web slug. */
  input: z.object({ agent: z.string().trim().min(1).max(100) }),
  reads: true,
  run: async (ctx, { agent: named }) => {
    const [agent] = await ctx.db
      .select({ id: agents.id, name: agents.name })
      .from(agents)
      .where(
        and(
          isUuid(named) ? eq(agents.id, named) : eq(agents.webSlug, named.toLowerCase()),
          isNotNull(agents.webSlug),
          isNull(agents.deletedAt),
        ),
      );
    if (!agent) throw notFound('Agent');
    return agent;
  },
});
