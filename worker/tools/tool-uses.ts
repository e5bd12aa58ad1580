import { maxCallsAtOnce } from '../../core/tools/tool.ts';

/** The uses of functions in one call, whichever agent has it. */
export class ToolUses {
  readonly #begun = new Map<string, number>();
  readonly #atOnce = new WeakMap<object, { readonly step: number; readonly count: number }>();
  #count = 0;
  #running = 0;

  /** Whether one more of the functions that the model calls in this step of a speech may begin. Counts it. */
  admit(speech: { readonly numSteps: number }): boolean {
    const before = this.#atOnce.get(speech);
    const count = before && before.step === speech.numSteps ? before.count + 1 : 1;
    this.#atOnce.set(speech, { step: speech.numSteps, count });
    return count <= maxCallsAtOnce;
  }

  /** One more begins; to be followed by `end`. */
  begin(toolCallId: string): void {
    this.#begun.set(toolCallId, (this.#begun.get(toolCallId) ?? 0) + 1);
    this.#count++;
    this.#running++;
  }

  end(): void {
    this.#running--;
  }

  /**
   * Whether a call of that id was carried out, or is being; true once for each use, as models repeat the ids of their
   * calls.
   */
  take(toolCallId: string): boolean {
    const left = this.#begun.get(toolCallId) ?? 0;
    if (left > 0) this.#begun.set(toolCallId, left - 1);
    return left > 0;
  }

  /** So many have begun. Read where a use begins, it is that use's own number. */
  get count(): number {
    return this.#count;
  }

  /** Somebody waits for a function. */
  get running(): boolean {
    return this.#running > 0;
  }

  /** A key for the use that has just begun: models repeat the ids of their calls. */
  key(epoch: number, toolCallId: string): string {
    return `${epoch}-${this.#count}-${toolCallId}`.slice(0, 200);
  }
}
