import { z } from 'zod';
import { setStatus } from '../../../http/request-log.ts';
import { route } from '../../../http/route.ts';
import type { OperatorDeps } from '../deps.ts';

const probeTimeoutMs = 3_000;
const state = z.enum(['ok', 'down']);
const part = z.object({ state, detail: z.string().nullable() });
const ready = z.object({ status: state, db: part, redis: part, livekit: part }).meta({ id: 'Readiness' });

export const healthRoutes = ({ version, probes }: OperatorDeps) => [
  route({
    method: 'get',
    path: '/health',
    operationId: 'getHealth',
    summary: 'Whether this process is alive, and its version',
    auth: 'public',
    needsStorage: false,
    status: 200,
    returns: z.object({ status: z.literal('ok'), version: z.string() }),
    handle: () => ({ status: 'ok' as const, version }),
  }),
  route({
    method: 'get',
    path: '/health/ready',
    operationId: 'getReadiness',
    summary: 'Whether everything that calls need can be reached (503 when not, in the same form)',
    auth: 'public',
    needsStorage: false,
    status: 200,
    otherStatus: 503,
    returns: ready,
    handle: async ({ koa }) => {
      const [db, redis, livekit] = await Promise.all([
        probe(probes.db),
        probe(probes.redis),
        probe(probes.livekit),
      ]);
      const status: 'ok' | 'down' = [db, redis, livekit].every((one) => one.state === 'ok') ? 'ok' : 'down';
      koa.set('Cache-Control', 'no-store');
      // The form of both answers is the same, so the status is chosen here.
      if (status === 'down') setStatus(koa, 503);
      return { status, db, redis, livekit };
    },
  }),
];

/** A part that does not answer in time is down; why goes no further than one word, because anyone may ask. */
async function probe(ask: () => Promise<unknown>): Promise<z.input<typeof part>> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer in time')), probeTimeoutMs);
  });
  try {
    await Promise.race([ask(), late]);
    return { state: 'ok', detail: null };
  } catch (error) {
    const timedOut = error instanceof Error && error.message === 'no answer in time';
    return { state: 'down', detail: timedOut ? 'no answer in time' : 'cannot be reached' };
  } finally {
    clearTimeout(timer);
  }
}
