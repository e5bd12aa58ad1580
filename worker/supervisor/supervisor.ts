import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
import { background } from '../../platform/background.ts';
import type { Config } from '../../platform/config.ts';
import type { Logger } from '../../platform/log.ts';
import { retry } from '../../platform/retry.ts';
import type { EventSink } from '../report/event-sink.ts';
import { type HostOptions, HostProcess, type LostCall } from './host-process.ts';
import { hostNode } from './node-binary.ts';

/** After the calls were told to end, this long until the hosts are killed. */
const hurryTimeoutMs = 25_000;

/** Keeps the host processes alive, rescues the calls of those that die, and stops them in order. */
export class Supervisor {
  readonly #config: Config;
  readonly #sink: EventSink;
  readonly #log: Logger;
  readonly #hosts: HostProcess[] = [];
  #hurried = false;
  #least: number | undefined;

  constructor(config: Config, sink: EventSink, log: Logger) {
    this.#config = config;
    this.#sink = sink;
    this.#log = log;
  }

  get pids(): readonly number[] {
    return this.#hosts.flatMap(({ pid }) => (pid === undefined ? [] : [pid]));
  }

  /**
   * Starts the hosts. Resolves when the first has registered with LiveKit, and so takes calls; the others follow, so
   * that they do not slow it down. Rejects when the first cannot be started.
   */
  async start(onHost: (pids: Readonly<Record<string, number>>) => void): Promise<void> {
    const { WORKER_HOSTS, WORKER_NODE, WORKER_ISOLATION } = this.#config.env;
    const shared = WORKER_ISOLATION === 'shared';
    const count = shared ? WORKER_HOSTS || availableParallelism() : 1;
    const node = hostNode(WORKER_NODE);
    this.#log.info({ hosts: count, node: node.path, isolation: WORKER_ISOLATION }, 'starting worker hosts');
    const script = shared ? '../host/main.ts' : '../host/stock.ts';
    // LiveKit's native side runs `lsb_release`, a script of several processes, for each room that it joins, when it
    // can.
    const env: Record<string, string> = shared ? { PATH: dirname(node.path) } : {};
    const start = (index: number) =>
      this.#startHost({ node, script, env, index }, () => onHost(this.#namedPids()));
    await start(0);
    const others = Array.from({ length: count - 1 }, (_, index) => start(index + 1));
    background(this.#log, 'starting the other worker hosts', Promise.all(others));
  }

  #namedPids(): Record<string, number> {
    return Object.fromEntries(this.pids.map((pid, index) => [`workerHost${index}`, pid]));
  }

  async #startHost(
    spec: Pick<HostOptions, 'node' | 'script' | 'env' | 'index'>,
    onReady: () => void,
  ): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const host = new HostProcess({
        ...spec,
        log: this.#log,
        onReady: () => {
          onReady();
          resolve();
        },
        onLoad: () => this.#balance(),
        onHopeless: () => reject(new Error('A worker host cannot be started; its log says why.')),
        onLost: (calls) => background(this.#log, 'rescuing calls', this.#rescue(calls)),
      });
      this.#hosts.push(host);
      host.start();
    });
  }

  /** Tells the hosts how many calls the emptiest of them has: the others step back (`Slots.load`). */
  #balance(): void {
    const open = this.#hosts.flatMap(({ openWith }) => (openWith === undefined ? [] : [openWith]));
    const least = Math.min(...open);
    if (open.length === 0 || least === this.#least) return;
    this.#least = least;
    for (const host of this.#hosts) host.tell({ type: 'siblings', least });
  }

  /** Lets the calls come to their end, at most WORKER_DRAIN_MS; then, or when hurried, ends them. */
  async stop(): Promise<void> {
    for (const host of this.#hosts) host.tell({ type: 'drain' });
    const gone = Promise.all(this.#hosts.map((host) => host.exited()));
    const deadline = setTimeout(() => this.hurry(), this.#config.env.WORKER_DRAIN_MS);
    await gone;
    clearTimeout(deadline);
  }

  /** Ends every call now, politely; hosts that are still there afterwards are killed. */
  hurry(): void {
    if (this.#hurried) return;
    this.#hurried = true;
    this.#log.warn('ending all calls');
    for (const host of this.#hosts) host.tell({ type: 'hurry' });
    setTimeout(() => this.kill(), hurryTimeoutMs).unref();
  }

  kill(): void {
    for (const host of this.#hosts) host.kill();
  }

  async #rescue(calls: readonly LostCall[]): Promise<void> {
    for (const call of calls) {
      this.#log.warn({ ...call }, 'a call lost its worker');
      await retry(() => this.#sink.send('rescue-call', call, `rescue-${call.callId}-${call.epoch}`), {
        attempts: 20,
        maxMs: 1_000,
      });
    }
  }
}
