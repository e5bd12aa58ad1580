import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { CliError, sentenceOf } from './cli-error.ts';
import { writePrivate } from './private-file.ts';

const secretsSchema = z.object({
  postgresPassword: z.string().min(1),
  redisPassword: z.string().min(1),
  livekitApiKey: z.string().min(1),
  livekitApiSecret: z.string().min(32),
  internalToken: z.string().min(1),
  authSecret: z.string().min(1),
  encryptionKey: z.string().min(1),
});

export type Secrets = z.output<typeof secretsSchema>;

/** Whether this installation has been started before. */
export const hasSecrets = (dataDir: string): boolean => existsSync(join(dataDir, 'secrets.json'));

/** The secrets of this installation, made once and kept in DATA/secrets.json (mode 0600). */
export function loadSecrets(dataDir: string): Secrets {
  const file = join(dataDir, 'secrets.json');
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      throw new CliError(`The data folder is broken: ${file} cannot be read (${sentenceOf(error)}).`);
    const secrets = newSecrets();
    writePrivate(file, secrets);
    return secrets;
  }
  try {
    return secretsSchema.parse(JSON.parse(text));
  } catch {
    throw new CliError(
      `The data folder is broken: ${file} is not what Trunkline wrote. Restore it from a backup; without it the stored secrets cannot be opened.`,
    );
  }
}

function newSecrets(): Secrets {
  const token = () => randomBytes(32).toString('base64url');
  return {
    postgresPassword: token(),
    redisPassword: token(),
    livekitApiKey: `API${randomBytes(6).toString('hex')}`,
    livekitApiSecret: token(),
    internalToken: token(),
    authSecret: token(),
    encryptionKey: randomBytes(32).toString('base64'),
  };
}
