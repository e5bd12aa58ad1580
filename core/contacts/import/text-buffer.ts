/**
 * Texts one after the other in memory that the garbage collector does not look through, used again when it is emptied.
 */
export class TextBuffer {
  #bytes: Buffer;
  readonly #ends: number[] = [];

  constructor(sizeBytes: number) {
    this.#bytes = Buffer.allocUnsafe(sizeBytes);
  }

  add(text: string): void {
    const end = this.#ends.at(-1) ?? 0;
    const needed = end + text.length * 3;
    if (needed > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2));
      this.#bytes.copy(larger, 0, 0, end);
      this.#bytes = larger;
    }
    this.#ends.push(end + this.#bytes.write(text, end));
  }

  /** Without its last bytes, where so many are to be left out. */
  at(index: number, withoutBytes = 0): string {
    return this.#bytes.toString('utf8', this.#startOf(index), (this.#ends[index] ?? 0) - withoutBytes);
  }

  /** The bytes of the texts from one up to, and without, another. */
  between(from: number, to: number): Uint8Array {
    return this.#bytes.subarray(this.#startOf(from), this.#startOf(to));
  }

  clear(): void {
    this.#ends.length = 0;
  }

  #startOf(index: number): number {
    return index === 0 ? 0 : (this.#ends[index - 1] ?? 0);
  }
}
