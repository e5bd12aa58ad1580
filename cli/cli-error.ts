/** Something the operator can act on: printed as one sentence, without a stack, and the command exits with 1. */
export class CliError extends Error {
  override readonly name = 'CliError';
}

/** The message of anything thrown, on one line. */
export function sentenceOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return sentenceOf(error.errors[0]);
  const text = error instanceof Error ? error.message : String(error);
  return text.replaceAll(/\s*\n\s*/g, ' ').trim() || 'an unknown error';
}
