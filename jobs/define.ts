import type { BackoffOptions } from 'bullmq';
import { type Message, type MessageName, messages } from '../core/messages.ts';
import type { SweepName } from './queues.ts';
import type { JobServices } from './services.ts';

export interface JobSpec {
  /** How often a job is run before it is given up. */
  readonly attempts: number;
  readonly backoff: BackoffOptions;
  /** Jobs of this kind at once in one process. */
  readonly concurrency: number;
  /** A run that takes longer counts as failed. It is not interrupted: jobs are safe to run twice. */
  readonly timeoutMs?: number;
}

export interface Job<N extends MessageName = MessageName> extends JobSpec {
  readonly name: N;
  /** `isLast`: if it fails now, it is given up. */
  run(services: JobServices, input: Message<N>, isLast: boolean): Promise<unknown>;
}

export interface Sweep extends JobSpec {
  readonly name: SweepName;
  run(services: JobServices): Promise<unknown>;
}

/** What a worker runs: a job or a sweep, its input not yet parsed. */
export interface Task extends JobSpec {
  readonly name: MessageName | SweepName;
  execute(services: JobServices, data: unknown, isLast?: boolean): Promise<unknown>;
}

/** One kind of job: its input is parsed with core/messages.ts before `run` sees it. Keep `run` to a few lines. */
export function job<N extends MessageName>(spec: Job<N>): Task {
  return {
    ...spec,
    execute: (services, data, isLast = false) =>
      withTimeout(spec, spec.run(services, messages[spec.name].parse(data) as Message<N>, isLast)),
  };
}

/** Work that comes round by itself (schedules.ts) and has no input. */
export function sweep(spec: Sweep): Task {
  return { ...spec, execute: (services) => withTimeout(spec, spec.run(services)) };
}

async function withTimeout<T>(spec: { name: string; timeoutMs?: number }, work: Promise<T>): Promise<T> {
  const { timeoutMs } = spec;
  if (timeoutMs === undefined) return work;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${spec.name} took longer than ${timeoutMs} ms.`)), timeoutMs);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** Errors that come round: tried again soon, then ever slower. Milliseconds. */
export const growing = (delay: number): BackoffOptions => ({ type: 'exponential', delay, jitter: 0.3 });
/** Waiting for something that takes its time. */
export const steady = (delay: number): BackoffOptions => ({ type: 'fixed', delay });

/** Nothing went wrong, it is only too early: the job is tried again, and nobody is told. */
export class NotYet extends Error {
  override readonly name = 'NotYet';
}
