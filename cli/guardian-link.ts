import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { processStart } from './process-identity.mjs';

export interface Ward {
  readonly name: string;
  readonly pid: number;
  readonly start: string;
  readonly signal: NodeJS.Signals;
  /** Lower ranks end first. */
  readonly rank: number;
}

const script = fileURLToPath(new URL('./guardian.mjs', import.meta.url));

/** The parent's end of the guardian, which ends all wards when this process dies without a word. */
export class Guardian {
  readonly #wards = new Map<number, Ward>();
  readonly #graceMs: number;
  readonly #onChange: (wards: readonly Ward[]) => void;
  #child: ChildProcess | undefined;
  #finished = false;

  constructor({
    graceMs = 5_000,
    onChange = () => {},
  }: { graceMs?: number; onChange?: (wards: readonly Ward[]) => void } = {}) {
    this.#graceMs = graceMs;
    this.#onChange = onChange;
    this.#spawn();
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  add(ward: Omit<Ward, 'start'>): void {
    const start = processStart(ward.pid);
    if (start === undefined) return;
    const full = { ...ward, start };
    this.#wards.set(ward.pid, full);
    this.#write(addLine(full));
    this.#onChange([...this.#wards.values()]);
  }

  drop(pid: number): void {
    if (!this.#wards.delete(pid)) return;
    this.#write(`drop ${pid}\n`);
    this.#onChange([...this.#wards.values()]);
  }

  /** A clean end: the guardian leaves without touching anything. */
  async finish(): Promise<void> {
    this.#finished = true;
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    // It was unreferenced so as not to hold us; now we do wait for it.
    child.ref();
    this.#write('done\n');
    child.stdin?.end();
    await gone;
  }

  #spawn(): void {
    const child = spawn(process.execPath, [script, String(this.#graceMs)], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
      cwd: '/',
    });
    child.unref();
    // A broken pipe shows up as its exit.
    child.stdin?.on('error', () => {});
    child.on('exit', () => {
      if (!this.#finished && this.#child === child) setTimeout(() => this.#spawn(), 200).unref();
    });
    this.#child = child;
    for (const ward of this.#wards.values()) this.#write(addLine(ward));
  }

  #write(line: string): void {
    this.#child?.stdin?.write(line);
  }
}

const addLine = ({ pid, start, signal, rank, name }: Ward): string =>
  `add ${pid} ${start} ${signal} ${rank} ${name}\n`;
