/** The uses of functions in one call, whichever agent has it. */
export class ToolUses {
  readonly #ids = new Set<string>();
  #count = 0;
  #running = 0;

  /** One more begins; to be followed by `end`. */
  begin(toolCallId: string): void {
    this.#ids.add(toolCallId);
    this.#count++;
    this.#running++;
  }

  end(): void {
    this.#running--;
  }

  /** Whether a call of that id was carried out, or is being. */
  has(toolCallId: string): boolean {
    return this.#ids.has(toolCallId);
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
