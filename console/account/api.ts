/** What the server refused with, in its own words. */
export class AccountError extends Error {
  override readonly name = 'AccountError';
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

/** One request; cookies go along. Answers the status. Throws AccountError. */
export async function post(path: string, body: Readonly<Record<string, unknown>>): Promise<number> {
  let response: Response;
  try {
    response = await fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(15_000),
    });
  } catch {
    throw new AccountError('The server cannot be reached. Check your connection and try again.', 0);
  }
  if (response.ok) return response.status;
  throw new AccountError(await words(response), response.status);
}

async function words(response: Response): Promise<string> {
  const body = (await response.json().catch(() => ({}))) as {
    detail?: string;
    errors?: { field: string; message: string }[];
  };
  const fields = (body.errors ?? [])
    .filter(({ field }) => field !== 'token')
    .map(({ field, message }) => `${field}: ${message}`);
  return fields.length > 0 ? fields.join('. ') : (body.detail ?? 'That did not work. Try again in a moment.');
}
