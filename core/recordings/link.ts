import { hmacSha256, sameText } from '../../platform/crypto.ts';

/** What a link leads to: a recording by its call, a packet capture by its own id. */
type Subject = 'recording' | 'capture';

/** How long a link works. */
export const linkTtlMs = 3_600_000;

const signatureOf = (secret: string, id: string, expiresAtMs: number, subject: Subject): string =>
  hmacSha256(secret, `${subject}:${id.toLowerCase()}:${expiresAtMs}`);

/** The query of a link that lets anybody have one thing until then. */
export const signLink = (
  secret: string,
  id: string,
  expiresAtMs: number,
  subject: Subject = 'recording',
): string => `expires=${expiresAtMs}&signature=${signatureOf(secret, id, expiresAtMs, subject)}`;

export function isLinkValid(
  secret: string,
  { id, expiresAtMs, signature }: { id: string; expiresAtMs: number; signature: string },
  subject: Subject = 'recording',
): boolean {
  return sameText(signature, signatureOf(secret, id, expiresAtMs, subject)) && Date.now() <= expiresAtMs;
}
