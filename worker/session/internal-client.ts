import type { z } from 'zod';
import type { Config } from '../../platform/config.ts';
import { retry } from '../../platform/retry.ts';

const timeoutMs = 4_000;

type Reach = Pick<Config, 'controlPlaneUrl' | 'secrets'>;

/**
 * Asks the control plane, again when a process of it goes or comes: what is asked here is safe to ask twice. Throws
 * when it does not answer in time, or not with 200, or with something else than said.
 */
export async function askControlPlane<T extends z.ZodType>(
  config: Reach,
  path: string,
  answer: T,
  body?: unknown,
): Promise<z.output<T>> {
  return await retry(() => askOnce(config, path, answer, body), { attempts: 3, baseMs: 100, maxMs: 500 });
}

async function askOnce<T extends z.ZodType>(
  { controlPlaneUrl, secrets }: Reach,
  path: string,
  answer: T,
  body: unknown,
): Promise<z.output<T>> {
  const response = await fetch(`${controlPlaneUrl}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${secrets.internalToken}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(timeoutMs),
  });
  if (!response.ok) throw new Error(`The control plane answered ${response.status} to ${path}.`);
  return answer.parse(await response.json());
}
