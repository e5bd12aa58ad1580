/** What an agent can do beside talking, whoever runs it: a worker in a call, the control plane in a chat. Pure. */

/** A failure in words that the model may read, and act upon. */
export class ToolError extends Error {
  override readonly name = 'ToolError';
  readonly facts: ToolFacts;

  constructor(message: string, facts: ToolFacts = {}) {
    super(message);
    this.facts = facts;
  }
}

/** What is reported of a use beside its result. */
export interface ToolFacts {
  /** HTTP status of the last answer. */
  readonly status?: number;
  /** How often it was tried, where it was more than once. */
  readonly attempts?: number;
}

export interface ToolUse {
  readonly toolCallId: string;
  readonly signal?: AbortSignal | undefined;
}

export interface ToolOutcome extends ToolFacts {
  /** Undefined: the model is not asked for another reply. */
  readonly result: unknown;
}

export interface Tool {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of an object. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** What to say when it takes its time. */
  readonly waiting?: { readonly texts: readonly string[]; readonly afterMs: number };
  /** false: it is not to be talked out of. */
  readonly interruptible?: boolean;
  /** Throws ToolError; anything else is a fault of ours, and not for the model. */
  run(args: Record<string, unknown>, use: ToolUse): Promise<ToolOutcome>;
}

/** Functions that a model may call in one breath; more of them are a model gone wild. */
export const maxCallsAtOnce = 16;

/** What the model is told of a fault that is not for it. */
export const neutralFailure = 'This did not work. Tell the caller and go on.';
