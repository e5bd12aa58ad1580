/** Rendered clauses by text and voice; the least recently used go when the byte limit is reached. */
export class ClauseCache {
  readonly #limitBytes: number;
  readonly #clauses = new Map<string, Int16Array>();
  #sizeBytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  get(key: string): Int16Array | undefined {
    const found = this.#clauses.get(key);
    if (found) {
      this.#clauses.delete(key);
      this.#clauses.set(key, found);
    }
    return found;
  }

  set(key: string, samples: Int16Array): void {
    this.#drop(key);
    if (samples.byteLength > this.#limitBytes) return;
    this.#clauses.set(key, samples);
    this.#sizeBytes += samples.byteLength;
    for (const oldest of this.#clauses.keys()) {
      if (this.#sizeBytes <= this.#limitBytes) break;
      this.#drop(oldest);
    }
  }

  #drop(key: string): void {
    const found = this.#clauses.get(key);
    if (!found) return;
    this.#clauses.delete(key);
    this.#sizeBytes -= found.byteLength;
  }
}
