import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../platform/retry.ts';
import { Softphone } from '../../simulate/softphone/softphone.ts';
import { type Product, type StartedProduct, startProduct } from '../harness/product.ts';
import {
  askUntil,
  type CallDetail,
  dialDemo,
  findCall,
  finished,
  hear,
  patienceMs,
  spokenBy,
} from '../voice/support.ts';

describe('a call in progress', () => {
  let product: StartedProduct;
  let phone: Softphone;

  beforeAll(async () => {
    product = await startProduct({ env: { WORKER_HOSTS: '2' } });
    await product.api('PUT', `/agents/${product.run.demo.agentId}`, { recording_policy: 'on' });
    phone = await Softphone.listen({ user: 'caller' });
  });

  afterAll(async () => {
    await phone?.close();
    await product?.stop();
  });

  it('goes on with another agent when its worker host is killed', async () => {
    const from = '+15550141';
    const call = await dialDemo(product, phone, from);
    await hear(product, call, call.answeredAt ?? 0);
    await askUntil(product, call, 'What are your opening hours?', /open|eight|monday/);
    const callId = await findCall(product, from);
    await recorded(product, callId, (record) =>
      spokenBy(record, 'user').toLowerCase().includes('opening hours'),
    );

    process.kill(await hostOf(product, callId), 'SIGKILL');
    const killedAt = Date.now();
    // It is the caller's turn: the next agent takes over in silence and listens.
    await recorded(product, callId, (record) =>
      record.events.some((event) => event.epoch === 2 && event.type === 'agent.ready'),
    );
    await askUntil(product, call, 'What is your address?', /street|harbor|avenue|quay|road/);
    await call.hangup();

    const record = await finished(product, callId);
    expect(record.disposition).toBe('completed');
    expect(record.events.map(({ epoch, seq }) => `${epoch}.${seq}`)).toEqual([
      ...new Set(record.events.map(({ epoch, seq }) => `${epoch}.${seq}`)),
    ]);
    expect(Math.max(...record.events.map((event) => event.epoch))).toBe(2);
    expect(spokenBy(record, 'user').toLowerCase()).toContain('opening hours');
    expect(spokenBy(record, 'user').toLowerCase()).toContain('address');

    const { state, duration, missing } = await waitFor(
      'the pieces of both workers',
      async () => {
        const recording = await product.api<Recording>('GET', `/calls/${callId}/recording`);
        return recording.state === 'recording' ? undefined : recording;
      },
      { timeoutMs: patienceMs, everyMs: 200 },
    );
    expect(state).toBe('partial');
    expect(missing).toMatchObject([{ reason: 'The worker that recorded was lost.' }]);
    const [lostAt, resumedAt] = [missing[0]?.from, missing[0]?.to].map((text) => Date.parse(text ?? ''));
    expect(killedAt - Number(lostAt)).toBeGreaterThanOrEqual(-200);
    expect(killedAt - Number(lostAt)).toBeLessThan(4_000);
    expect(resumedAt).toBeGreaterThan(killedAt);
    // What was recorded before the loss and after it is there.
    expect(duration).toBeGreaterThan((Number(resumedAt) - Number(lostAt)) / 1_000 + 5);
  });

  it.concurrent.each(['controlPlane', 'jobs'] as const)(
    'does not notice that %s is killed, and nothing recorded is lost or doubled',
    async (name) => {
      const from = name === 'jobs' ? '+15550143' : '+15550142';
      const call = await dialDemo(product, phone, from);
      await hear(product, call, call.answeredAt ?? 0);
      const pid = product.run.pids[name];
      if (pid === undefined)
        throw new Error(`run.json has no pid of ${name}: ${JSON.stringify(product.run.pids)}`);
      process.kill(pid, 'SIGKILL');
      await askUntil(product, call, 'What are your opening hours?', /open|eight|monday/);
      await call.hangup();
      await waitFor(
        'the product to be back',
        async () => (await fetch(`${product.run.url}/health/ready`).catch(() => undefined))?.ok,
        { timeoutMs: patienceMs, everyMs: 200 },
      );
      const record = await finished(product, await findCall(product, from));
      expect(record.disposition).toBe('completed');
      const sequence = record.events.map((event) => event.seq);
      expect(sequence).toEqual(sequence.map((_, index) => index + 1));
      product = { ...product, run: JSON.parse(readFileSync(`${product.dataDir}/run.json`, 'utf8')) };
    },
  );
});

interface Recording {
  readonly state: string;
  readonly duration: number;
  readonly missing: readonly { readonly from: string; readonly to: string; readonly reason: string }[];
}

async function recorded(
  product: Product,
  callId: string,
  holds: (record: CallDetail) => boolean,
): Promise<void> {
  await waitFor(
    'the words to be recorded',
    async () => holds(await product.api<CallDetail>('GET', `/calls/${callId}`)),
    { timeoutMs: patienceMs, everyMs: 200 },
  );
}

/** The process id of the worker host that has the call. */
async function hostOf(product: Product, callId: string): Promise<number> {
  const { default: Redis } = await import('ioredis');
  const redis = new Redis.Redis(product.redisUrl);
  try {
    return await waitFor(
      'a heartbeat with the call',
      async () => {
        for (const key of await redis.keys('trunkline:host:*')) {
          const beat = JSON.parse((await redis.get(key)) ?? '{}') as { pid?: number; calls?: string[] };
          if (beat.calls?.includes(callId)) return beat.pid;
        }
        return undefined;
      },
      { timeoutMs: patienceMs, everyMs: 100 },
    );
  } finally {
    redis.disconnect();
  }
}
