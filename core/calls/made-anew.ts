const reasons: ReadonlySet<string | undefined> = new Set([
  'STATE_MISMATCH',
  'DUPLICATE_IDENTITY',
  'MIGRATION',
]);

/**
 * LiveKit has told a connection that it must be made anew, or has replaced it: nobody has hung up, if they come back.
 * By the name of the disconnect reason, which each of LiveKit's packages has an enum of its own for.
 */
export const isMadeAnew = (reason: string | undefined): boolean => reasons.has(reason);
