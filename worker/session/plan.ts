import {
  type CallPlan,
  callPlan,
  type DispatchMetadata,
  dispatchMetadata,
  internalPaths,
} from '../../core/calls/plan.ts';
import type { Config } from '../../platform/config.ts';
import { retry } from '../../platform/retry.ts';

const requestTimeoutMs = 3_000;

/** The control plane knows no call or number of this id. */
export class NoPlanError extends Error {
  override readonly name = 'NoPlanError';
}

/** Reads dispatch metadata; throws when it is not ours. */
export function readMetadata(metadata: string): DispatchMetadata {
  return dispatchMetadata.parse(JSON.parse(metadata));
}

/** The plan of a dispatched call: inline, or asked from the control plane with a few quick retries. */
export async function loadPlan(
  metadata: DispatchMetadata,
  roomName: string,
  config: Pick<Config, 'controlPlaneUrl' | 'secrets'>,
): Promise<CallPlan> {
  if (metadata.kind === 'plan') return metadata.plan;
  return await retry(() => fetchPlan(metadata, roomName, config), {
    attempts: 6,
    baseMs: 50,
    maxMs: 1_000,
    retryIf: (error) => !(error instanceof NoPlanError),
  });
}

async function fetchPlan(
  metadata: Exclude<DispatchMetadata, { kind: 'plan' }>,
  roomName: string,
  { controlPlaneUrl, secrets }: Pick<Config, 'controlPlaneUrl' | 'secrets'>,
): Promise<CallPlan> {
  const headers = { authorization: `Bearer ${secrets.internalToken}`, 'content-type': 'application/json' };
  const signal = AbortSignal.timeout(requestTimeoutMs);
  const response =
    metadata.kind === 'inbound'
      ? await fetch(`${controlPlaneUrl}${internalPaths.inbound}`, {
          method: 'POST',
          headers,
          signal,
          body: JSON.stringify({ phoneNumberId: metadata.phoneNumberId, roomName }),
        })
      : await fetch(`${controlPlaneUrl}${internalPaths.plan(metadata.callId, metadata.epoch)}`, {
          headers,
          signal,
        });
  if (response.status === 404) throw new NoPlanError('The control plane has no plan for this dispatch.');
  if (!response.ok) throw new Error(`The control plane answered ${response.status}.`);
  return callPlan.parse(await response.json());
}
