import type { z } from 'zod';
import type { Config } from '../../platform/config.ts';

const timeoutMs = 4_000;

/** Asks the control plane. Throws when it does not answer in time, or not with 200, or with something else than said. */
export async function askControlPlane<T extends z.ZodType>(
  { controlPlaneUrl, secrets }: Pick<Config, 'controlPlaneUrl' | 'secrets'>,
  path: string,
  answer: T,
  body?: unknown,
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
