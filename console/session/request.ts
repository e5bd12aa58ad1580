/** What the server refused with, in its own words. Status 0: it could not be reached. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** GET, or POST with a body; cookies go along. Throws ApiError. */
export async function request(path: string, body?: unknown): Promise<Answer> {
  let response: Response;
  try {
    response = await fetch(path, {
      ...(body === undefined
        ? {}
        : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(15_000),
    });
  } catch {
    throw new ApiError('The server cannot be reached. Check your connection and try again.', 0);
  }
  const answer: unknown = await response.json().catch(() => undefined);
  if (response.ok) return { status: response.status, body: answer };
  throw new ApiError(wordsOf(answer), response.status);
}

function wordsOf(refusal: unknown): string {
  const { detail, errors = [] } = (refusal ?? {}) as {
    readonly detail?: string;
    readonly errors?: readonly { readonly field: string; readonly message: string }[];
  };
  const fields = errors
    // Whoever opened a link has not written the token in it.
    .filter(({ field }) => field !== 'token')
    .map(({ field, message }) => `${field}: ${message}`);
  return fields.length > 0 ? fields.join('. ') : (detail ?? 'That did not work. Try again in a moment.');
}
