import { and, eq, inArray, lt, sql } from 'drizzle-orm';
import { z } from 'zod';
import { callRegistries } from '../../db/schema/call-registries.ts';
import { contactLists } from '../../db/schema/contact-lists.ts';
import { operation } from '../operation.ts';

/** An import writes every few seconds. */
const forgottenAfterMs = 10 * 60_000;
const brokenAfterMs = 60 * 60_000;

/**
 * Lists and registries that nobody works on any more: imports that the queue has forgotten are queued again, uploads
 * whose process died count as broken off. Returns how many of each.
 */
export const healLists = operation({
  name: 'contact_list.heal',
  scope: 'system',
  input: z.object({}),
  run: async (ctx): Promise<{ queued: number; broken: number }> => {
    const ago = (ms: number) => sql`now() - make_interval(secs => ${ms / 1_000})`;
    const untouchedFor = (ms: number) => lt(contactLists.updatedAt, ago(ms));
    const forgotten = await ctx.db
      .update(contactLists)
      .set({ updatedAt: new Date() })
      .where(and(inArray(contactLists.state, ['queued', 'importing']), untouchedFor(forgottenAfterMs)))
      .returning({ listId: contactLists.id, run: contactLists.run });
    for (const { listId, run } of forgotten)
      await ctx.emit('import-contacts', { listId, run }, { key: `import-${listId}-${run}` });
    const registries = await ctx.db
      .update(callRegistries)
      .set({ updatedAt: new Date() })
      .where(and(eq(callRegistries.state, 'importing'), lt(callRegistries.updatedAt, ago(forgottenAfterMs))))
      .returning({ registryId: callRegistries.id, version: callRegistries.nextVersion });
    for (const run of registries)
      await ctx.emit('import-registry', run, { key: `registry-${run.registryId}-${run.version}` });
    const broken = await ctx.db
      .update(contactLists)
      .set({ state: 'broken', error: 'The upload broke off; send the rest.' })
      .where(and(eq(contactLists.state, 'receiving'), untouchedFor(brokenAfterMs)))
      .returning({ id: contactLists.id });
    return { queued: forgotten.length + registries.length, broken: broken.length };
  },
});
