/**
 * The numbers of a list that have been seen: sixteen bytes for each at most, where a Set of texts takes a hundred.
 * Open addressing; a number of at most 15 digits is exact in a double.
 */
export class PhoneSet {
  #slots = new Float64Array(1 << 12);
  #size = 0;

  /** False: it was in there already. */
  add(e164: string): boolean {
    if (this.#size * 4 >= this.#slots.length * 3) this.#grow();
    const added = this.#insert(this.#slots, Number(e164.slice(1)));
    if (added) this.#size++;
    return added;
  }

  #insert(slots: Float64Array, number: number): boolean {
    const mask = slots.length - 1;
    let at = hash(number) & mask;
    while (slots[at] !== 0) {
      if (slots[at] === number) return false;
      at = (at + 1) & mask;
    }
    slots[at] = number;
    return true;
  }

  #grow(): void {
    const larger = new Float64Array(this.#slots.length * 2);
    for (const number of this.#slots) if (number !== 0) this.#insert(larger, number);
    this.#slots = larger;
  }
}

function hash(number: number): number {
  const low = (number % 2 ** 32) | 0;
  const high = Math.floor(number / 2 ** 32) | 0;
  let mixed = Math.imul(low ^ (high * 31), 0x9e3779b1);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x85ebca6b);
  return (mixed ^ (mixed >>> 13)) >>> 0;
}
