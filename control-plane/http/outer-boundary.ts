import type Koa from 'koa';
import type { Logger } from '../../platform/log.ts';
import { type Failure, failureOf, HttpError } from './errors.ts';
import { stateOf } from './request-log.ts';

/**
 * For what is thrown outside of every surface (pages, documents, an address that cannot be read), in words all the
 * same.
 */
export function outerBoundary(log: Logger, renderError: (failure: Failure) => unknown): Koa.Middleware {
  return async (koa, next) => {
    try {
      requireAddress(koa);
      await next();
    } catch (error) {
      const { unexpected, headers, ...failure } = failureOf(error);
      if (unexpected) log.error({ err: error, requestId: stateOf(koa).requestId }, 'request failed');
      if (koa.headerSent) return;
      koa.set(headers);
      koa.status = failure.status;
      koa.body = renderError({ ...failure, headers });
    }
  };
}

/** `GET http://[/ HTTP/1.1` has none, and whoever asks for its path gets an exception. */
function requireAddress(koa: Koa.Context): void {
  try {
    void koa.path;
  } catch {
    throw new HttpError(400, 'The address cannot be read.');
  }
}
