/** What happens when: a binary heap. Of one moment, in the order in which it was added. */
export class Timetable<T> {
  readonly #heap: { readonly atMs: number; readonly n: number; readonly what: T }[] = [];
  #added = 0;

  get size(): number {
    return this.#heap.length;
  }

  /** Infinity: nothing happens any more. */
  get firstMs(): number {
    return this.#heap[0]?.atMs ?? Number.POSITIVE_INFINITY;
  }

  /** What happens then. */
  get first(): T | undefined {
    return this.#heap[0]?.what;
  }

  add(atMs: number, what: T): void {
    const heap = this.#heap;
    let at = heap.push({ atMs, n: this.#added++, what }) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isBefore(at, parent)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  /** Everything up to a moment, in order. */
  take(untilMs: number): T[] {
    const taken: T[] = [];
    for (; this.firstMs <= untilMs; this.shift()) if (this.first !== undefined) taken.push(this.first);
    return taken;
  }

  /** Takes what happens first. */
  shift(): T | undefined {
    const heap = this.#heap;
    const [first] = heap;
    const last = heap.pop();
    if (!first || !last) return undefined;
    if (heap.length > 0) {
      heap[0] = last;
      for (let at = 0; ; ) {
        let least = at;
        for (const child of [2 * at + 1, 2 * at + 2])
          if (child < heap.length && this.#isBefore(child, least)) least = child;
        if (least === at) break;
        this.#swap(at, least);
        at = least;
      }
    }
    return first.what;
  }

  #isBefore(one: number, other: number): boolean {
    const [a, b] = [this.#heap[one], this.#heap[other]];
    if (!a || !b) return false;
    return a.atMs < b.atMs || (a.atMs === b.atMs && a.n < b.n);
  }

  #swap(one: number, other: number): void {
    const [a, b] = [this.#heap[one], this.#heap[other]];
    if (!a || !b) return;
    this.#heap[one] = b;
    this.#heap[other] = a;
  }
}
