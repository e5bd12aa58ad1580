import type { ToolUse } from './schema.ts';
import type { SlotValue } from './slots/slot-value.ts';

export interface FormState {
  readonly form: string;
  readonly slots: Readonly<Record<string, SlotValue>>;
  /** The slot that was asked for, or whether everything is right, or what to change. */
  readonly asking: { readonly slot: string } | 'confirm' | 'change';
  /** Answers in a row that were not understood. */
  readonly misses: number;
}

/** Where a conversation stands; rebuilt from its messages each time. */
export interface State {
  readonly form?: FormState | undefined;
  /** The last form that was sent off, in case its tool fails. */
  readonly sent?: FormState | undefined;
  readonly turns: number;
  readonly misses: number;
}

export const newState: State = { turns: 0, misses: 0 };

/** One thing to say: a choice of lines, and which of them. */
export interface Say {
  readonly lines: readonly string[];
  readonly pick: number;
}

export interface Action {
  readonly say: readonly Say[];
  readonly tool?: ToolUse | undefined;
  readonly slots: Readonly<Record<string, SlotValue>>;
}

export interface Step {
  readonly state: State;
  readonly action: Action;
}

export const say = (lines: readonly string[], pick: number): Say => ({ lines, pick });
