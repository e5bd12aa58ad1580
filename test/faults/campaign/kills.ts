import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { between, type Chance } from '../../../core/campaigns/simulation/chance.ts';
import { isAlive } from '../../../platform/is-alive.ts';
import { waitFor } from '../../../platform/retry.ts';
import type { Product } from '../../harness/product.ts';

export const victims = ['controlPlane', 'jobs', 'host', 'redis', 'postgres', 'sip'] as const;
export type Victim = (typeof victims)[number];

export interface Kill {
  readonly victim: Victim;
  readonly atMs: number;
}

/** Who is killed when: every victim once in each round, in an order by chance, at moments by chance. */
export async function killAround(
  product: Product,
  {
    chance,
    kills,
    pauseMs,
    signal,
  }: {
    readonly chance: Chance;
    readonly kills: number;
    readonly pauseMs: readonly [least: number, most: number];
    readonly signal: AbortSignal;
  },
): Promise<Kill[]> {
  const done: Kill[] = [];
  let round: Victim[] = [];
  while (done.length < kills && !signal.aborted) {
    if (round.length === 0) round = [...victims];
    const [victim] = round.splice(Math.floor(chance() * round.length), 1);
    await sleep(between(chance, ...pauseMs), undefined, { signal }).catch(() => undefined);
    if (!victim || signal.aborted) break;
    process.kill(await pidOf(product, victim), 'SIGKILL');
    done.push({ victim, atMs: Date.now() });
  }
  return done;
}

/** Whoever was killed before is started again by the product, under another id. */
const pidOf = (product: Product, victim: Victim): Promise<number> =>
  waitFor(
    `${victim} to be there`,
    () => {
      const { pids } = JSON.parse(readFileSync(join(product.dataDir, 'run.json'), 'utf8')) as {
        readonly pids: Readonly<Record<string, number>>;
      };
      const pid = victim === 'host' ? hostOf(pids) : pids[victim];
      return pid !== undefined && isAlive(pid) ? pid : undefined;
    },
    { timeoutMs: 60_000, everyMs: 50 },
  );

const hostOf = (pids: Readonly<Record<string, number>>): number | undefined =>
  Object.entries(pids).find(([name]) => /host/i.test(name))?.[1];
