/** The uses of functions in one call, whichever agent has it. */
export class ToolUses {
  readonly #begun = new Map<string, number>();
  #count = 0;
  #running = 0;

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
