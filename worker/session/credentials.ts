import { z } from 'zod';
import { type CallPlan, internalPaths } from '../../core/calls/plan.ts';
import { type Secret, secret } from '../../core/credentials/secret.ts';
import type { Config } from '../../platform/config.ts';
import { retry } from '../../platform/retry.ts';

const requestTimeoutMs = 3_000;
const answer = z.object({ credentials: z.record(z.string(), secret) });

/** The secrets of one call: asked for once, when the first is needed, and held in memory only. */
export class Credentials {
  readonly #plan: Pick<CallPlan, 'callId' | 'epoch'>;
  readonly #config: Pick<Config, 'controlPlaneUrl' | 'secrets'>;
  #asked: Promise<Readonly<Record<string, Secret>>> | undefined;

  constructor(plan: CallPlan, config: Pick<Config, 'controlPlaneUrl' | 'secrets'>) {
    this.#plan = plan;
    this.#config = config;
    const { functions, mcpServers, brain } = plan.definition;
    // Ahead of the first use, so that no caller waits for it.
    if (
      [...functions, ...mcpServers, ...(brain.kind === 'webhook' ? [brain] : [])].some(
        ({ credential }) => credential !== '',
      )
    )
      this.get('').catch(() => undefined);
  }

  /** Null: the workspace has none of this name. Rejects when the control plane does not answer. */
  async get(name: string): Promise<Secret | null> {
    this.#asked ??= this.#ask().catch((error: unknown) => {
      this.#asked = undefined;
      throw error;
    });
    return (await this.#asked)[name] ?? null;
  }

  async #ask(): Promise<Readonly<Record<string, Secret>>> {
    const { callId, epoch } = this.#plan;
    const { controlPlaneUrl, secrets } = this.#config;
    return await retry(
      async () => {
        const response = await fetch(controlPlaneUrl + internalPaths.credentials(callId, epoch), {
          headers: { authorization: `Bearer ${secrets.internalToken}` },
          signal: AbortSignal.timeout(requestTimeoutMs),
        });
        if (!response.ok) throw new Error(`The control plane answered ${response.status}.`);
        return answer.parse(await response.json()).credentials;
      },
      { attempts: 3, baseMs: 100, maxMs: 500 },
    );
  }
}
