import { DomainError, type ErrorCode, type FieldProblem } from '../../core/errors.ts';

/** A refusal of the HTTP layer itself: what no operation can know (404 of a path, 405, 413, 415 …). */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly fields: readonly FieldProblem[];

  constructor(
    status: number,
    message: string,
    {
      headers = {},
      fields = [],
    }: { headers?: Record<string, string>; fields?: readonly FieldProblem[] } = {},
  ) {
    super(message);
    this.status = status;
    this.headers = headers;
    this.fields = fields;
  }
}

/** What a surface's `renderError` turns into its envelope. Nothing in it is secret. */
export interface Failure {
  readonly status: number;
  readonly message: string;
  readonly fields: readonly FieldProblem[];
  readonly headers: Readonly<Record<string, string>>;
}

/** The statuses of the eight domain codes, unless a surface's document says otherwise. */
const statuses: Record<ErrorCode, number> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  limit_exceeded: 429,
  unavailable: 503,
  internal: 500,
};

const serverMessage = 'Something went wrong on our side. The request id tells the operator where to look.';

/** Any thrown value as what may be told outside; `unexpected` asks for an error line in the log. */
export function failureOf(error: unknown): Failure & { readonly unexpected: boolean } {
  if (error instanceof HttpError)
    return {
      status: error.status,
      message: error.message,
      fields: error.fields,
      headers: error.headers,
      unexpected: false,
    };
  if (error instanceof DomainError && error.code !== 'internal')
    return {
      status: statuses[error.code],
      message: error.message,
      fields: error.fields,
      headers: {},
      unexpected: false,
    };
  if (isStorageDown(error))
    return {
      status: 503,
      message: 'The database or the queue cannot be reached. Try again in a moment.',
      fields: [],
      headers: { 'Retry-After': '2' },
      unexpected: true,
    };
  return { status: 500, message: serverMessage, fields: [], headers: {}, unexpected: true };
}

const downCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ETIMEDOUT',
  'EPIPE',
  'ENOTFOUND',
  // PostgreSQL, appendix A: connection failures, shutdown, too many connections.
  '08000',
  '08003',
  '08006',
  '57P01',
  '57P02',
  '57P03',
  '53300',
]);

/** pg, its pool and ioredis have no code for these; the third one is what a transaction says whose connection broke. */
const downMessages = new Set([
  'timeout exceeded when trying to connect',
  'Connection terminated unexpectedly',
  'Client has encountered a connection error and is not queryable',
  'Connection terminated due to connection timeout',
  'Connection is closed.',
  'Command timed out',
]);

function isStorageDown(error: unknown): boolean {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    const code: unknown = Reflect.get(at, 'code');
    if (typeof code === 'string' && downCodes.has(code)) return true;
    if (downMessages.has(at.message) || at.name === 'MaxRetriesPerRequestError') return true;
  }
  return false;
}
