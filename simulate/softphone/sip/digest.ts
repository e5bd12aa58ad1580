import { createHash, randomBytes } from 'node:crypto';

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

interface DigestRequest {
  readonly method: string;
  readonly uri: string;
}

const md5 = (text: string) => createHash('md5').update(text).digest('hex');

/** Reads `Digest realm="…", nonce="…"`. Returns undefined for another scheme. */
export function parseDigest(header: string): Record<string, string> | undefined {
  const body = /^Digest\s+(.*)$/is.exec(header)?.[1];
  if (body === undefined) return undefined;
  const fields: Record<string, string> = {};
  for (const match of body.matchAll(/(\w+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))/g)) {
    fields[(match[1] ?? '').toLowerCase()] = match[2] ?? match[3] ?? '';
  }
  return fields;
}

/** The Authorization value for a challenge (RFC 2617: MD5, with qop auth when offered). */
export function answerChallenge(challenge: string, request: DigestRequest, credentials: Credentials): string {
  const fields = parseDigest(challenge);
  if (!fields?.nonce || (fields.algorithm ?? 'MD5').toUpperCase() !== 'MD5') {
    throw new Error('the challenge is not a digest by MD5');
  }
  const realm = fields.realm ?? '';
  const ha1 = md5(`${credentials.username}:${realm}:${credentials.password}`);
  const ha2 = md5(`${request.method}:${request.uri}`);
  const parts = [
    `username="${credentials.username}"`,
    `realm="${realm}"`,
    `nonce="${fields.nonce}"`,
    `uri="${request.uri}"`,
    'algorithm=MD5',
  ];
  if (fields.opaque) parts.push(`opaque="${fields.opaque}"`);
  if (fields.qop?.split(',').some((qop) => qop.trim() === 'auth')) {
    const cnonce = randomBytes(8).toString('hex');
    const response = md5(`${ha1}:${fields.nonce}:00000001:${cnonce}:auth:${ha2}`);
    parts.push('qop=auth', 'nc=00000001', `cnonce="${cnonce}"`, `response="${response}"`);
  } else parts.push(`response="${md5(`${ha1}:${fields.nonce}:${ha2}`)}"`);
  return `Digest ${parts.join(', ')}`;
}

export function makeChallenge(realm: string, nonce: string): string {
  return `Digest realm="${realm}", nonce="${nonce}", algorithm=MD5, qop="auth"`;
}

/** Whether an Authorization value proves the password for a nonce that we gave out. */
export function verifyAnswer(
  header: string,
  method: string,
  nonces: ReadonlySet<string>,
  { username, password }: Credentials,
): boolean {
  const fields = parseDigest(header);
  if (!fields?.nonce || !nonces.has(fields.nonce) || fields.username !== username) return false;
  const ha1 = md5(`${username}:${fields.realm ?? ''}:${password}`);
  const ha2 = md5(`${method}:${fields.uri ?? ''}`);
  const expected = fields.qop
    ? md5(`${ha1}:${fields.nonce}:${fields.nc ?? ''}:${fields.cnonce ?? ''}:${fields.qop}:${ha2}`)
    : md5(`${ha1}:${fields.nonce}:${ha2}`);
  return fields.response === expected;
}
