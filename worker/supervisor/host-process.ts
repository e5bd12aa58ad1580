import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { inheritedEnv } from '../../platform/config.ts';
import type { Logger } from '../../platform/log.ts';
import { typescriptArgs } from '../../platform/typescript-args.ts';
import { type FromSupervisor, fromHost } from '../host/messages.ts';
import type { HostNode } from './node-binary.ts';

const firstRestartMs = 200;
const lastRestartMs = 10_000;
/** A host that dies so often before it was ever ready will never be: a broken installation or configuration. */
const firstAttempts = 5;
/** A host that lived this long starts over with the shortest delay. */
const healthyMs = 30_000;

export interface LostCall {
  readonly callId: string;
  readonly epoch: number;
}

export interface HostOptions {
  readonly node: HostNode;
  /** Path of the host's entry file, relative to this one. */
  readonly script: string;
  /** Beside what this process has. */
  readonly env: Readonly<Record<string, string>>;
  readonly index: number;
  readonly log: Logger;
  readonly onReady: () => void;
  /** `openWith` has changed. */
  readonly onLoad: () => void;
  /** It died again and again without ever having been ready. */
  readonly onHopeless: () => void;
  /** Calls that were alive in a host that died. */
  readonly onLost: (calls: readonly LostCall[]) => void;
}

/** One host process, kept alive. Knows which calls it has, so that they can be rescued when it dies. */
export class HostProcess {
  readonly #options: HostOptions;
  readonly #calls = new Map<string, LostCall>();
  #takes: number | undefined;
  #child: ChildProcess | undefined;
  #stopping = false;
  #restartMs = firstRestartMs;
  #everReady = false;
  #deaths = 0;
  #exited: Promise<void> = Promise.resolve();
  #restart: NodeJS.Timeout | undefined;

  constructor(options: HostOptions) {
    this.#options = options;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  get calls(): readonly LostCall[] {
    return [...this.#calls.values()];
  }

  /** Its calls, if it takes more of them. */
  get openWith(): number | undefined {
    return this.#takes;
  }

  start(): void {
    const { node, script, env, index, log } = this.#options;
    const startedAt = Date.now();
    const child = fork(fileURLToPath(new URL(script, import.meta.url)), [], {
      execPath: node.path,
      execArgv: [...typescriptArgs(node.version), '--max-semi-space-size=16'],
      env: {
        // What goes wrong in LiveKit's native side is told by exceptions and events; it calls every hang-up an error.
        RUST_LOG: 'off',
        ...inheritedEnv(),
        // rtc-node logs every byte stream unless it is in production.
        NODE_ENV: 'production',
        ...env,
      },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#child = child;
    child.on('message', (raw) => this.#onMessage(raw));
    child.on('error', (error) => log.error({ err: error, index }, 'a worker host could not be started'));
    this.#exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.#onExit(code, signal, Date.now() - startedAt);
        resolve();
      });
    });
  }

  tell(message: FromSupervisor): void {
    if (message.type !== 'siblings') {
      this.#stopping = true;
      clearTimeout(this.#restart);
    }
    if (this.#child?.connected) this.#child.send(message);
  }

  /** Resolves when the process is gone. */
  async exited(): Promise<void> {
    await this.#exited;
  }

  kill(): void {
    this.#child?.kill('SIGKILL');
  }

  #onMessage(raw: unknown): void {
    const message = fromHost.safeParse(raw);
    if (!message.success) return;
    const { data } = message;
    switch (data.type) {
      case 'ready':
        this.#everReady = true;
        this.#options.onReady();
        break;
      case 'call.began':
        this.#calls.set(`${data.callId} ${data.epoch}`, { callId: data.callId, epoch: data.epoch });
        break;
      case 'call.over':
        this.#calls.delete(`${data.callId} ${data.epoch}`);
        break;
      case 'load':
        this.#takes = data.open ? data.active : undefined;
        this.#options.onLoad();
        break;
    }
  }

  #onExit(code: number | null, signal: string | null, livedMs: number): void {
    const { log, index, onLost } = this.#options;
    const lost = this.calls;
    this.#calls.clear();
    this.#takes = undefined;
    this.#options.onLoad();
    if (lost.length > 0) onLost(lost);
    if (this.#stopping) return;
    if (!this.#everReady && ++this.#deaths >= firstAttempts) {
      this.#options.onHopeless();
      return;
    }
    if (livedMs > healthyMs) this.#restartMs = firstRestartMs;
    log.error({ index, code, signal, calls: lost.length, restartMs: this.#restartMs }, 'a worker host died');
    this.#restart = setTimeout(() => this.start(), this.#restartMs);
    this.#restartMs = Math.min(this.#restartMs * 2, lastRestartMs);
  }
}
