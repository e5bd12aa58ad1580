export type ErrorCode =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'conflict'
  | 'limit_exceeded'
  | 'unavailable'
  | 'internal';

export interface FieldProblem {
  /** Dotted path in the caller's input; empty for the input as a whole. */
  readonly path: string;
  readonly message: string;
}

/** Everything an operation refuses with. Each surface maps the eight codes to its own statuses and envelope once. */
export class DomainError extends Error {
  override readonly name = 'DomainError';
  readonly code: ErrorCode;
  readonly fields: readonly FieldProblem[];
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: ErrorCode,
    message: string,
    {
      fields = [],
      details = {},
      cause,
    }: { fields?: readonly FieldProblem[]; details?: Record<string, unknown>; cause?: unknown } = {},
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.fields = fields;
    this.details = details;
  }
}

export const invalid = (path: string, message: string): DomainError =>
  new DomainError('invalid', message, { fields: [{ path, message }] });
export const notFound = (what: string): DomainError => new DomainError('not_found', `${what} not found.`);
