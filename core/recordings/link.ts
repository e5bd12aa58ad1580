import { hmacSha256, sameText } from '../../platform/crypto.ts';

/** How long a link to a recording works. */
export const linkTtlMs = 3_600_000;

const signatureOf = (secret: string, callId: string, expiresAtMs: number): string =>
  hmacSha256(secret, `recording:${callId.toLowerCase()}:${expiresAtMs}`);

/** The query of a link that lets anybody hear one recording until then. */
export const signLink = (secret: string, callId: string, expiresAtMs: number): string =>
  `expires=${expiresAtMs}&signature=${signatureOf(secret, callId, expiresAtMs)}`;

export function isLinkValid(
  secret: string,
  { callId, expiresAtMs, signature }: { callId: string; expiresAtMs: number; signature: string },
  now = Date.now(),
): boolean {
  return sameText(signature, signatureOf(secret, callId, expiresAtMs)) && now <= expiresAtMs;
}
