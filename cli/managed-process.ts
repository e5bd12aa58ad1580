import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CliError, sentenceOf } from './cli-error.ts';
import type { Guardian } from './guardian-link.ts';
import { LogFollower, rotateLog } from './log-follower.ts';
import { type LogLine, readLogLine, reasonFrom, type Severity } from './log-line.ts';
import { treeKiller } from './process-tree.mjs';

export interface ProcessSpec {
  /** Key in run.json and name of the log file. */
  readonly name: string;
  readonly title: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly logFile: string;
  readonly cwd?: string;
  readonly uid?: number;
  readonly gid?: number;
  /** The child reports `{ ready: true }` over an IPC channel; otherwise `probe` is asked until it says yes. */
  readonly ready: 'message' | (() => Promise<boolean>);
  readonly readyTimeoutMs: number;
  readonly stopSignal: NodeJS.Signals;
  readonly stopTimeoutMs: number;
  /** Place in the order of the shutdown: lower ends first. */
  readonly rank: number;
  /** Sound passes through it: it runs in our session, with the others of that kind (docs/decisions/0079). */
  readonly carriesSound?: boolean;
  /** From which severity its log lines are shown on the console; `none` shows nothing. */
  readonly show: Severity | 'none';
  /** Reads a line of its log where the general reader would not do. */
  readonly readLine?: (line: string) => LogLine;
}

export interface ProcessHooks {
  readonly guardian: Guardian;
  readonly warn: (text: string) => void;
  /** Called once when a process crashed too often to be started again. */
  readonly giveUp: (sentence: string) => void;
  /** Called when a pid came or went. */
  readonly changed: () => void;
}

export interface ReadyMessage {
  readonly ready?: boolean;
  readonly error?: string;
  readonly pids?: Readonly<Record<string, number>>;
}

const quickCrashes = 5;
const quickWindowMs = 60_000;
const keptLines = 40;

/** One process of the product: started, watched, restarted with growing pauses when it crashes, stopped. */
export class ManagedProcess {
  readonly spec: ProcessSpec;
  readonly #hooks: ProcessHooks;
  readonly #follower: LogFollower;
  readonly #crashes: number[] = [];
  readonly #stopping = new AbortController();
  #child: ChildProcess | undefined;
  #exited: Promise<string> = Promise.resolve('not started');
  #lines: string[] = [];
  #extraPids: Readonly<Record<string, number>> = {};

  constructor(spec: ProcessSpec, hooks: ProcessHooks) {
    this.spec = spec;
    this.#hooks = hooks;
    mkdirSync(dirname(spec.logFile), { recursive: true });
    rotateLog(spec.logFile);
    this.#follower = new LogFollower(spec.logFile, (line) => this.#onLine(line));
  }

  /** The process itself and those of its own that it told us about. */
  get pids(): Readonly<Record<string, number>> {
    const pid = this.#child?.pid;
    return pid === undefined ? {} : { [this.spec.name]: pid, ...this.#extraPids };
  }

  /** Starts it and waits until it is ready. Throws a CliError with the reason it gave when it does not come up. */
  async start(): Promise<void> {
    this.#follower.start();
    await this.#launch();
    void this.#watch();
  }

  /**
   * Ends it: its stop signal, then SIGKILL, also for what it has started, after the grace or at once when `hurry`
   * fires.
   */
  async stop(hurry?: AbortSignal): Promise<void> {
    this.#stopping.abort();
    const child = this.#child;
    if (child?.pid !== undefined) {
      const killTree = treeKiller(child.pid);
      child.kill(this.spec.stopSignal);
      const grace = sleep(
        this.spec.stopTimeoutMs,
        'late' as const,
        hurry ? { signal: hurry, ref: false } : { ref: false },
      );
      if ((await Promise.race([this.#exited, grace.catch(() => 'late' as const)])) === 'late') {
        if (!hurry?.aborted) this.#hooks.warn(`${this.spec.title} did not stop in time and was killed.`);
        killTree();
        await this.#exited;
      }
    }
    this.#follower.stop();
  }

  async #launch(): Promise<void> {
    this.#lines = [];
    this.#extraPids = {};
    const { child, message } = this.#spawn();
    const late = new AbortController();
    const timeout = sleep(this.spec.readyTimeoutMs, 'late' as const, { signal: late.signal }).catch(
      () => 'late' as const,
    );
    const outcome = await Promise.race([
      this.#exited.then((how) => ({ how })),
      this.#becomesReady(child, message).then(() => 'ready' as const),
      timeout,
    ]);
    late.abort();
    if (outcome === 'ready') return;
    this.#follower.poll();
    const reason = reasonFrom(this.#lines);
    const where = `Its log is ${this.spec.logFile}.`;
    if (outcome === 'late') {
      if (child.pid !== undefined) treeKiller(child.pid)();
      await this.#exited;
      throw new CliError(
        `${this.spec.title} was not ready after ${this.spec.readyTimeoutMs / 1000} s${reason ? `; the last it wrote: ${reason}` : ''}. ${where}`,
      );
    }
    throw new CliError(
      `${this.spec.title} ${outcome.how}${reason ? `: ${withoutStop(reason)}` : ''}. ${where}`,
    );
  }

  #spawn(): { child: ChildProcess; message: Promise<ReadyMessage> } {
    const { spec } = this;
    const log = openSync(spec.logFile, 'a', 0o600);
    // A Ctrl-C at the terminal reaches neither a session of its own nor ours (own-session.mjs): we end all in order.
    const child = spawn(spec.command, spec.args, {
      cwd: spec.cwd ?? '/',
      env: spec.env,
      detached: !spec.carriesSound,
      stdio: spec.ready === 'message' ? ['ignore', log, log, 'ipc'] : ['ignore', log, log],
      ...(spec.uid === undefined ? {} : { uid: spec.uid }),
      ...(spec.gid === undefined ? {} : { gid: spec.gid }),
    });
    closeSync(log);
    this.#child = child;
    const message = new Promise<ReadyMessage>((resolve) =>
      child.on('message', (value: ReadyMessage) => {
        if (value.pids) this.#extraPids = value.pids;
        if (value.ready || value.error) resolve(value);
        if (value.pids) this.#hooks.changed();
      }),
    );
    const pid = child.pid;
    if (pid !== undefined)
      this.#hooks.guardian.add({ name: spec.name, pid, signal: spec.stopSignal, rank: spec.rank });
    this.#exited = new Promise((resolve) => {
      child.once('error', (error) => resolve(`could not be started (${sentenceOf(error)})`));
      child.once('exit', (code, signal) =>
        resolve(signal ? `was ended by ${signal}` : `ended with code ${code}`),
      );
    });
    void this.#exited.then(() => {
      if (this.#child === child) this.#child = undefined;
      if (pid !== undefined) this.#hooks.guardian.drop(pid);
      this.#hooks.changed();
    });
    return { child, message };
  }

  async #becomesReady(child: ChildProcess, message: Promise<ReadyMessage>): Promise<void> {
    const { ready } = this.spec;
    if (ready === 'message') {
      const answer = await message;
      if (answer.error !== undefined) {
        this.#lines.push(JSON.stringify({ level: 'error', msg: answer.error }));
        await new Promise(() => {});
      }
      return;
    }
    while (this.#child === child && !(await ready().catch(() => false))) await sleep(25);
    if (this.#child !== child) await new Promise(() => {});
  }

  /** Waits for the end of the running process and brings up the next one, until told to stop. */
  async #watch(): Promise<void> {
    const stopped = this.#stopping.signal;
    for (;;) {
      const how = await this.#exited;
      if (stopped.aborted) return;
      this.#follower.poll();
      const reason = reasonFrom(
        this.#lines.filter((line) => (this.spec.readLine ?? readLogLine)(line).severity === 'error'),
      );
      this.#hooks.warn(
        `${this.spec.title} ${how}${reason ? `: ${withoutStop(reason)}` : ''}. Starting it again.`,
      );
      do {
        const pauseMs = this.#nextPause();
        if (pauseMs === undefined) {
          this.#hooks.giveUp(
            `${this.spec.title} crashed ${quickCrashes} times within a minute; see ${this.spec.logFile}.`,
          );
          return;
        }
        await sleep(pauseMs, undefined, { ref: false });
        if (stopped.aborted) return;
      } while (!(await this.#relaunch()));
      if (stopped.aborted) return;
      this.#hooks.changed();
    }
  }

  async #relaunch(): Promise<boolean> {
    try {
      await this.#launch();
      return true;
    } catch (error) {
      if (!this.#stopping.signal.aborted) this.#hooks.warn(sentenceOf(error));
      return this.#stopping.signal.aborted;
    }
  }

  /** The pause before the next start, or undefined when it crashed too often to try again. */
  #nextPause(): number | undefined {
    const now = Date.now();
    this.#crashes.push(now);
    const recent = this.#crashes.filter((at) => now - at < quickWindowMs).length;
    return recent > quickCrashes ? undefined : Math.min(5_000, 100 * 2 ** recent);
  }

  #onLine(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > keptLines) this.#lines.shift();
    const { show } = this.spec;
    if (show === 'none' || this.#stopping.signal.aborted) return;
    const { severity, text } = (this.spec.readLine ?? readLogLine)(line);
    if (severity === 'error' || severity === show) this.#hooks.warn(`${this.spec.name} ${severity}: ${text}`);
  }
}

const withoutStop = (text: string): string => text.replace(/\.$/, '');
