import { hash, verify } from '@node-rs/argon2';
import { z } from 'zod';

/** A password that somebody chooses. */
export const newPasswordField = z.string().min(8).max(200);

/** argon2id with the library's defaults (19 MiB, 2 passes, 1 lane), which are OWASP's. */
export const hashPassword = (password: string): Promise<string> => hash(password);

let dummy: Promise<string> | undefined;

/**
 * Whether the password fits. Without a stored hash the same work is done for nothing, so that time does not tell
 * which e-mail addresses have an account.
 */
export async function passwordFits(
  storedHash: string | null | undefined,
  password: string,
): Promise<boolean> {
  if (storedHash) return verify(storedHash, password);
  dummy ??= hashPassword('nobody has this password');
  await verify(await dummy, password);
  return false;
}
