import type Koa from 'koa';

interface CookieOptions {
  readonly path: string;
  /** 0 removes the cookie. */
  readonly maxAgeMs: number;
  readonly secure: boolean;
}

/** Adds an HttpOnly, SameSite=Lax cookie. By hand, because Koa refuses Secure behind a proxy that ends TLS. */
export function setCookie(koa: Koa.Context, name: string, value: string, options: CookieOptions): void {
  const parts = [
    `${name}=${encodeURIComponent(value)}`,
    `Path=${options.path}`,
    `Max-Age=${Math.floor(options.maxAgeMs / 1_000)}`,
    'HttpOnly',
    'SameSite=Lax',
    ...(options.secure ? ['Secure'] : []),
  ];
  koa.append('Set-Cookie', parts.join('; '));
}

/** The value a browser sent, undecoded values as they are; undefined when there is none. */
export function readCookie(koa: Koa.Context, name: string): string | undefined {
  for (const part of koa.get('Cookie').split(';')) {
    const at = part.indexOf('=');
    if (at > 0 && part.slice(0, at).trim() === name) return decode(part.slice(at + 1).trim());
  }
  return undefined;
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
