import type { Queues, SweepName } from './queues.ts';

/** What comes round by itself. BullMQ keeps one schedule however many processes ask for it. */
export const schedules: readonly { readonly name: SweepName; readonly everyMs: number }[] = [
  { name: 'seat-callers', everyMs: 2_000 },
  { name: 'reconcile-calls', everyMs: 10_000 },
  { name: 'heal-campaigns', everyMs: 15_000 },
  { name: 'place-callbacks', everyMs: 15_000 },
  { name: 'heal-numbers', everyMs: 300_000 },
  { name: 'heal-knowledge', everyMs: 300_000 },
  { name: 'expire-recordings', everyMs: 3_600_000 },
  { name: 'expire-tokens', everyMs: 3_600_000 },
  { name: 'heal-lists', everyMs: 300_000 },
  { name: 'purge-outbox', everyMs: 3_600_000 },
];

/** Puts the schedules into Redis. To be repeated whenever Redis is back: it may have lost them. */
export async function installSchedules(queues: Queues): Promise<void> {
  for (const { name, everyMs } of schedules)
    await queues
      .get(name)
      .upsertJobScheduler(
        name,
        { every: everyMs },
        { name, data: {}, opts: { removeOnComplete: { count: 20 }, removeOnFail: { count: 100 } } },
      );
  // See jobs/tasks/sync-number.ts.
  await queues.get('sync-number').setGlobalConcurrency(1);
}
