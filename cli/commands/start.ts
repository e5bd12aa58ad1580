import { printBanner } from '../banner.ts';
import { sentenceOf } from '../cli-error.ts';
import { type Flags, readWishes } from '../environment.ts';
import { whenParentIsGone } from '../hand-over.mjs';
import { bold, dim, type Output } from '../output.ts';
import type { Entries } from '../processes.ts';
import { Product } from '../product.ts';
import { forgetPassword } from '../seeding.ts';
import { version } from '../version.ts';

export interface StartOptions {
  readonly flags: Flags;
  readonly verbose: boolean;
  readonly output: Output;
  readonly entries?: Entries;
}

/** Runs the product until a signal or until a part cannot be kept alive. Resolves to the exit code. */
export async function start({ flags, verbose, output, entries }: StartOptions): Promise<number> {
  const wishes = readWishes(flags);
  output.line(`${bold(`Trunkline ${version}`)}  ${dim(`data in ${wishes.dataDir}`)}`);
  const end = new EndSignal(output);
  end.followParent();
  const product = await Product.prepare({
    wishes,
    output,
    giveUp: (sentence) => end.fail(sentence),
    ...(entries ? { entries } : {}),
  });
  end.listen();
  const started = product.start();
  const outcome = await Promise.race([
    started.then(
      (ready) => ({ ready }),
      (error: unknown) => ({ error }),
    ),
    end.reached.then(() => ({ ended: true }) as const),
  ]);
  if ('error' in outcome) end.fail(sentenceOf(outcome.error));
  if ('ready' in outcome) {
    // Since the process began, so that what the pre-step took is told too.
    const seconds = performance.now() / 1_000;
    const publicUrl = product.environment.child.PUBLIC_URL ?? outcome.ready.run.url;
    if (verbose) printTimings(product, output);
    printBanner(output, { ...outcome.ready, publicUrl, seconds });
    forgetPassword(wishes.dataDir);
  }
  const code = await end.reached;
  await product.stop(end.hurry);
  if (code === 0) output.line('Stopped.');
  return code;
}

/** Turns signals and failures into one end with an exit code; a second signal hurries the stop. */
class EndSignal {
  readonly reached: Promise<number>;
  readonly #output: Output;
  readonly #hurry = new AbortController();
  #resolve: (code: number) => void = () => {};
  #ended = false;

  constructor(output: Output) {
    this.#output = output;
    this.reached = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  get hurry(): AbortSignal {
    return this.#hurry.signal;
  }

  listen(): void {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.on(signal, () => {
        if (this.#ended) return this.#hurry.abort();
        this.#output.line('\nStopping…');
        this.#end(0);
      });
  }

  /** Who stands in front of us (own-session.mjs) and dies without a word: that counts as a signal. */
  followParent(): void {
    whenParentIsGone(() => this.#end(0));
  }

  fail(sentence: string): void {
    if (this.#ended) return;
    this.#output.fail(sentence);
    this.#end(1);
  }

  #end(code: number): void {
    this.#ended = true;
    this.#resolve(code);
  }
}

function printTimings(product: Product, output: Output): void {
  for (const { part, fromMs, tookMs } of product.timings)
    output.line(
      dim(
        `    ${part.padEnd(14)} began at ${String(fromMs).padStart(5)} ms, took ${String(tookMs).padStart(5)} ms`,
      ),
    );
}
