import { type Job as BullJob, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { NotYet, type Task } from './define.ts';
import { queuePrefix } from './queues.ts';
import type { JobServices } from './services.ts';

/**
 * A process that was killed loses its locks after this; then another one runs its jobs again. Short, because a dialed
 * call waits for it.
 */
const lockMs = 15_000;
const stalledCheckMs = 5_000;

/** Starts one BullMQ worker per task. */
export function startWorkers(redis: Redis, tasks: readonly Task[], services: JobServices): Worker[] {
  return tasks.map((task) => startWorker(redis, task, services));
}

function startWorker(redis: Redis, task: Task, services: JobServices): Worker {
  const worker = new Worker(
    task.name,
    async (bullJob: BullJob) => {
      const isLast = bullJob.attemptsMade + 1 >= (bullJob.opts.attempts ?? 1);
      return (await task.execute(services, bullJob.data, isLast)) ?? null;
    },
    {
      connection: redis,
      prefix: queuePrefix,
      concurrency: task.concurrency,
      lockDuration: lockMs,
      stalledInterval: stalledCheckMs,
      // Killed processes are no fault of the job's.
      maxStalledCount: 20,
      // Longest wait for a job before the connection is asked again, seconds: how soon a lost Redis is noticed.
      drainDelay: 5,
    },
  );
  const log = services.log.child({ job: task.name });
  worker.on('failed', (bullJob, error) => {
    if (error instanceof NotYet || error.name === 'NotYet') return;
    const attempt = bullJob?.attemptsMade ?? 0;
    const final = attempt >= (bullJob?.opts.attempts ?? 1);
    const fields = { jobId: bullJob?.id, attempt, err: error };
    if (final) log.error(fields, 'a job failed for good');
    else log.warn(fields, 'a job failed and is tried again');
  });
  worker.on('stalled', (jobId) => log.warn({ jobId }, 'a job lost its process and is run again'));
  // Connections say for themselves when Redis is away (redis.ts); everything else is worth a line.
  worker.on('error', (error) => {
    if (!isConnectionError(error)) log.error({ err: error }, 'a queue worker reported an error');
  });
  return worker;
}

const isConnectionError = (error: Error): boolean =>
  'code' in error ||
  /connection is closed|ECONN|ETIMEDOUT|EPIPE|not writeable|max retries|LOADING|READONLY/i.test(
    error.message,
  );

/**
 * Takes no new jobs, and waits for the running ones at most this long; what is left is run again by another process.
 */
export async function stopWorkers(workers: readonly Worker[], patienceMs: number): Promise<void> {
  await Promise.all(workers.map((worker) => worker.pause(true)));
  const closed = Promise.all(workers.map((worker) => worker.close()));
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), patienceMs);
  });
  const outcome = await Promise.race([closed.then(() => 'closed' as const), late]);
  clearTimeout(timer);
  if (outcome === 'late') {
    closed.catch(() => undefined);
    await Promise.race([
      Promise.allSettled(workers.map((worker) => worker.close(true))),
      new Promise((resolve) => setTimeout(resolve, 1_000)),
    ]);
  }
}
