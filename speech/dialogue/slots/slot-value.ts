/** What was understood: as said back to the caller, and in the form machines like. */
export interface SlotValue {
  readonly spoken: string;
  /** ISO date, 24-hour time, E.164-like digits; the spoken form where there is none. */
  readonly canonical: string;
}

/** Reads a value out of the normalised words of a sentence. */
export type SlotReader = (words: readonly string[], context: SlotContext) => SlotValue | undefined;

export interface SlotContext {
  /** True when this is the answer to the question for it: a bare word may be taken. */
  readonly asked: boolean;
  readonly today: Date;
  /** The sentence as it came. */
  readonly text: string;
}
