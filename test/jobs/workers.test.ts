import { expect, test } from 'vitest';
import { job, steady } from '../../jobs/define.ts';
import { Queues } from '../../jobs/queues.ts';
import { openRedis } from '../../jobs/redis.ts';
import type { JobServices } from '../../jobs/services.ts';
import { startWorkers, stopWorkers } from '../../jobs/workers.ts';
import { newId } from '../../platform/ids.ts';
import { createLogger } from '../../platform/log.ts';
import { waitFor } from '../../platform/retry.ts';
import { startRedis } from '../harness/redis.ts';

test('a job knows the run after which it is given up', async () => {
  await using server = await startRedis();
  const log = createLogger('test', { level: 'silent' });
  const redis = openRedis(server.url, log, 'test');
  const last: boolean[] = [];
  const task = job({
    ...{ name: 'send-email', attempts: 3, backoff: steady(10), concurrency: 1 },
    run: async (_services, _input, isLast) => {
      last.push(isLast);
      throw new Error('away');
    },
  });
  const queues = new Queues(redis, new Map([[task.name, task]]));
  const workers = startWorkers(redis, [task], { log } as unknown as JobServices);
  await queues.send([
    { name: 'send-email', payload: { emailId: newId() }, jobId: 'one', key: null, delayMs: 0 },
  ]);
  await waitFor('the job to be given up', () => queues.get('send-email').getFailedCount());
  expect(last).toEqual([false, false, true]);
  await stopWorkers(workers, 5_000);
  await queues.close();
  redis.disconnect();
});
