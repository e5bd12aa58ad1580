import type { DomainError } from './errors.ts';

/**
 * Turns the violation of a unique index into the refusal that belongs to it, so that two requests at the same moment
 * get the same answer as two after each other.
 */
export async function refuseDuplicate<T>(
  write: Promise<T>,
  refusals: Readonly<Record<string, () => DomainError>>,
): Promise<T> {
  try {
    return await write;
  } catch (error) {
    const refusal = refusals[violatedIndex(error) ?? ''];
    throw refusal ? refusal() : error;
  }
}

/** drizzle wraps the driver's error as the cause of its own. */
function violatedIndex(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, constraint } = error as Error & { code?: unknown; constraint?: unknown };
  if (code === '23505' && typeof constraint === 'string') return constraint;
  return violatedIndex(error.cause);
}
