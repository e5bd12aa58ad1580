import type Koa from 'koa';
import { newId } from '../../platform/ids.ts';
import type { Logger } from '../../platform/log.ts';
import type { HttpMetrics } from './metrics.ts';

/** What the middlewares of one request tell each other. */
export interface RequestState {
  requestId: string;
  surface: string;
  operationId: string;
  /** Another status than the route's own, for the one answer that needs it. */
  status?: number;
}

const acceptable = /^[\w.:-]{1,128}$/;

export const stateOf = (koa: Koa.Context): RequestState => koa.state as RequestState;

export const setStatus = (koa: Koa.Context, status: number): void => {
  stateOf(koa).status = status;
};

/**
 * The outermost layer: a request id (the caller's when it looks like one), one log line and one observation a request.
 * The line names the operation, never the path: paths carry phone numbers.
 */
export function requestLog(log: Logger, metrics: HttpMetrics): Koa.Middleware {
  return async (koa, next) => {
    const started = performance.now();
    const given = koa.get('X-Request-Id');
    const state: RequestState = {
      requestId: acceptable.test(given) ? given : newId(),
      surface: 'none',
      operationId: 'none',
    };
    Object.assign(koa.state, state);
    koa.set('X-Request-Id', state.requestId);
    const finished = () => {
      const { surface, operationId, requestId } = stateOf(koa);
      const durationMs = Math.round((performance.now() - started) * 10) / 10;
      metrics.observe(surface, operationId, koa.status, durationMs);
      log.info(
        { requestId, surface, operationId, method: koa.method, status: koa.status, durationMs },
        'request',
      );
    };
    koa.res.once('close', finished);
    await next();
  };
}
