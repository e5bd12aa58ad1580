import type { Env } from '../../platform/settings.ts';

/** The gateway asks for no key, but the plugins want a non-empty one. */
export const localKey = 'local';

export class NoGatewayError extends Error {
  override readonly name = 'NoGatewayError';
}

/** Base URL of the local speech gateway, without a slash at the end. Throws when there is none. */
export function gatewayUrl(env: Env): string {
  if (!env.SPEECH_URL)
    throw new NoGatewayError(
      'SPEECH_URL is not set and no provider key is given: there is nobody to listen or to speak.',
    );
  return env.SPEECH_URL.replace(/\/+$/, '');
}

export const webSocketUrl = (url: string): string => url.replace(/^http/, 'ws');
