import { JobProcess } from '@livekit/agents';
import { type AvailabilityRequest, type Job, type JobAssignment, JobStatus } from '@livekit/protocol';
import type { HostHeartbeat } from '../../core/fleet.ts';
import type { Config } from '../../platform/config.ts';
import type { Logger } from '../../platform/log.ts';
import type { EventSink } from '../report/event-sink.ts';
import { type CallHost, jobTerminated } from '../session/host.ts';
import { PhraseCache } from '../session/phrases.ts';
import { type Acceptance, identityOf } from './acceptance.ts';
import { startHeartbeat } from './heartbeat.ts';
import { runJob } from './job-runner.ts';
import { LiveKitLink } from './livekit-link.ts';
import { LoopWatch } from './loop-watch.ts';
import type { FromHost } from './messages.ts';
import { defaultSlots, Slots } from './slots.ts';

/** An accepted job must be assigned within this time (the framework's own limit); else its slot is free again. */
const assignmentTimeoutMs = 7_500;
const reportEveryMs = 1_000;
const agentNameAttribute = 'lk.agent.name';

interface Pending {
  readonly job: Job;
  readonly acceptance: Acceptance;
  readonly timer: NodeJS.Timeout;
}

interface Options {
  readonly config: Config;
  readonly hostId: string;
  readonly sink: EventSink;
  readonly log: Logger;
  readonly tell: (message: FromHost) => void;
}

/** One process that takes many calls: offers judged by an exact slot count, jobs run in-process. */
export class Host {
  readonly #options: Options;
  readonly #slots: Slots;
  readonly #link: LiveKitLink;
  readonly #loop = new LoopWatch((open) => this.#onLoop(open));
  readonly #pending = new Map<string, Pending>();
  readonly #running = new Map<string, Promise<void>>();
  readonly #calls = new Map<string, { readonly callId: string; readonly epoch: number }>();
  readonly #stops = new Map<string, AbortController>();
  readonly #phrases = new PhraseCache();
  readonly #proc = new JobProcess();
  #draining = false;
  #least: number | undefined;
  #told = { active: 0, open: false };
  #stopHeartbeat: (() => Promise<void>) | undefined;
  #reporter: NodeJS.Timeout | undefined;

  constructor(options: Options) {
    this.#options = options;
    const { config, log, tell } = options;
    const { WORKER_SLOTS, WORKER_AGENT_NAME } = config.env;
    this.#slots = new Slots(WORKER_SLOTS || defaultSlots(Number(process.versions.node.split('.')[0])));
    this.#link = new LiveKitLink(
      config.livekit,
      WORKER_AGENT_NAME,
      {
        onAvailability: (request) => this.#judge(request),
        onAssignment: (assignment) => this.#begin(assignment),
        onTermination: (jobId) => this.#stops.get(jobId)?.abort(jobTerminated),
        onRegistered: (workerId) => {
          log.info(
            { workerId, agentName: WORKER_AGENT_NAME, slots: this.#slots.total },
            'registered with livekit',
          );
          this.#report();
          this.#stopHeartbeat ??= startHeartbeat(options.sink, log, () => this.heartbeat());
          for (const jobId of this.#running.keys()) this.#link.reportJob(jobId, JobStatus.JS_RUNNING);
          tell({ type: 'ready' });
        },
      },
      log,
    );
  }

  start(): void {
    this.#loop.start();
    this.#link.start();
    this.#reporter = setInterval(() => this.#report(), reportEveryMs);
  }

  heartbeat(): HostHeartbeat {
    const { hostId, config } = this.#options;
    return {
      hostId,
      agentName: config.env.WORKER_AGENT_NAME,
      pid: process.pid,
      slots: this.#slots.total,
      active: this.#slots.active,
      calls: [...this.#calls.values()].map(({ callId }) => callId),
      draining: this.#draining || !this.#loop.open || !this.#link.registered,
      loopDelayMs: this.#loop.delayMs,
      rssBytes: process.memoryUsage.rss(),
      nodeVersion: process.versions.node,
      at: Date.now(),
    };
  }

  /** Takes no more calls; resolves when the last one is over. */
  async drain(): Promise<void> {
    this.#draining = true;
    this.#report();
    while (this.#running.size > 0 || this.#pending.size > 0) {
      await Promise.allSettled(this.#running.values());
      if (this.#pending.size > 0) await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Ends every call politely; resolves when they are over. */
  async hurry(): Promise<void> {
    const drained = this.drain();
    for (const stop of this.#stops.values()) stop.abort();
    await drained;
  }

  async close(): Promise<void> {
    clearInterval(this.#reporter);
    this.#loop.stop();
    this.#link.close();
    await this.#stopHeartbeat?.();
  }

  get #open(): boolean {
    return !this.#draining && this.#loop.open && this.#slots.active < this.#slots.total;
  }

  /** The emptiest host of this machine has so many calls. */
  standBack(least: number): void {
    this.#least = least;
    this.#report();
  }

  #report(): void {
    const [open, { active }] = [this.#open, this.#slots];
    this.#link.reportLoad(this.#slots.load(this.#least), open);
    if (this.#told.active === active && this.#told.open === open) return;
    this.#told = { active, open };
    this.#options.tell({ type: 'load', ...this.#told });
  }

  #onLoop(open: boolean): void {
    const fields = { loopDelayMs: this.#loop.delayMs, active: this.#slots.active };
    if (open) this.#options.log.info(fields, 'event loop is calm again, taking calls');
    else this.#options.log.warn(fields, 'event loop is late, taking no more calls');
    this.#report();
  }

  #judge({ job }: AvailabilityRequest): Acceptance | null {
    if (!job || !this.#open) return null;
    const identity = identityOf(job);
    if (!identity || !this.#slots.take(job.id)) return null;
    const agentName = this.#options.config.env.WORKER_AGENT_NAME;
    const acceptance = {
      ...identity,
      attributes: { ...identity.attributes, [agentNameAttribute]: agentName },
    };
    const timer = setTimeout(() => {
      this.#pending.delete(job.id);
      this.#free(job.id);
      this.#options.log.warn({ jobId: job.id }, 'an accepted job was never assigned');
    }, assignmentTimeoutMs);
    this.#pending.set(job.id, { job, acceptance, timer });
    this.#report();
    return acceptance;
  }

  #begin(assignment: JobAssignment): void {
    const jobId = assignment.job?.id ?? '';
    const pending = this.#pending.get(jobId);
    if (!pending) {
      this.#options.log.warn({ jobId }, 'a job came that was not accepted');
      return;
    }
    clearTimeout(pending.timer);
    this.#pending.delete(jobId);
    const work = this.#run(jobId, pending, assignment).finally(() => {
      this.#running.delete(jobId);
      this.#stops.delete(jobId);
      this.#free(jobId);
    });
    this.#running.set(jobId, work);
  }

  async #run(jobId: string, { job, acceptance }: Pending, assignment: JobAssignment): Promise<void> {
    const { config, hostId, sink, log, tell } = this.#options;
    const stop = new AbortController();
    this.#stops.set(jobId, stop);
    this.#link.reportJob(jobId, JobStatus.JS_RUNNING);
    const host: CallHost = {
      config,
      hostId,
      log,
      sink,
      phrases: this.#phrases,
      stopping: stop.signal,
      onCall: (call) => {
        this.#calls.set(jobId, call);
        tell({ type: 'call.began', ...call });
      },
    };
    try {
      const { reason } = await runJob(
        { job, assignment, acceptance, workerId: this.#link.workerId },
        this.#proc,
        config.livekit,
        host,
      );
      const failed = reason === 'provider_failed' || reason === 'internal_error';
      this.#link.reportJob(jobId, failed ? JobStatus.JS_FAILED : JobStatus.JS_SUCCESS, failed ? reason : '');
    } catch (error) {
      log.error({ err: error, jobId }, 'a job failed');
      this.#link.reportJob(
        jobId,
        JobStatus.JS_FAILED,
        error instanceof Error ? error.message : String(error),
      );
    } finally {
      const call = this.#calls.get(jobId);
      this.#calls.delete(jobId);
      if (call) tell({ type: 'call.over', ...call });
    }
  }

  #free(jobId: string): void {
    this.#slots.give(jobId);
    this.#report();
  }
}
