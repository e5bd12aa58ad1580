import type { Redis } from 'ioredis';
import Koa from 'koa';
import type { Services } from '../core/context.ts';
import { type DemoBookings, demoBookings } from './demo.ts';
import { documents } from './http/docs-page.ts';
import { HttpMetrics } from './http/metrics.ts';
import { OpenStreams } from './http/open-streams.ts';
import { buildOpenApi } from './http/openapi.ts';
import { outerBoundary } from './http/outer-boundary.ts';
import { RateLimits } from './http/rate-limits.ts';
import { requestLog } from './http/request-log.ts';
import { crossOrigin, securityHeaders } from './http/security.ts';
import { mountSurface, ownsPath, type Surface } from './http/surface.ts';
import { ActiveCalls } from './inbound/active-calls.ts';
import { BullCallNudges, type CallNudges } from './inbound/call-nudges.ts';
import { inboundSurface } from './inbound/index.ts';
import { liveKitWebhook } from './inbound/livekit.ts';
import { LiveCalls } from './live/live-calls.ts';
import { visitorPages } from './pages/index.ts';
import type { Probes } from './probes.ts';
import { internalSurface } from './surfaces/internal/index.ts';
import { dialerSurface } from './surfaces/operator/dialer/index.ts';
import { operatorSurface } from './surfaces/operator/index.ts';

export interface AppOptions {
  readonly services: Services;
  readonly redis: Redis;
  readonly probes: Probes;
  readonly version: string;
  readonly internalToken: string;
  readonly livekit: { readonly apiKey: string; readonly apiSecret: string; readonly browserUrl: string };
  /** Folder of the built pages: console/dist. */
  readonly pagesDir: string;
  readonly demoEnabled: boolean;
  /** true behind a reverse proxy: the caller's address is the last one of X-Forwarded-For. */
  readonly trustProxy?: boolean;
  readonly rateLimits?: boolean;
  /** Tests: answers are held to their own schemas. */
  readonly checkAnswers?: boolean;
  /** Tests: how often an open stream is looked after. */
  readonly heartbeatMs?: number;
  /** Tests: instead of BullMQ. */
  readonly nudges?: CallNudges;
}

export interface App {
  readonly koa: Koa;
  readonly surfaces: readonly Surface[];
  readonly activeCalls: ActiveCalls;
  /** Ends open streams, so that a server can finish; to be called before it waits for its requests. */
  endStreams(): void;
  close(): Promise<void>;
}

/** The control plane's HTTP side, without a process around it. */
export function buildApp(options: AppOptions): App {
  const { services, redis } = options;
  const closing = new AbortController();
  const metrics = new HttpMetrics();
  const activeCalls = new ActiveCalls(redis);
  const live = new LiveCalls(redis, services.log);
  const nudges = options.nudges ?? new BullCallNudges(redis);
  const demo: DemoBookings | undefined = options.demoEnabled ? demoBookings(redis) : undefined;
  const operator = operatorSurface({
    version: options.version,
    probes: { ...options.probes },
    live,
    streams: new OpenStreams(),
    heartbeatMs: options.heartbeatMs,
    closing: closing.signal,
  });
  const surfaces: readonly Surface[] = [
    internalSurface({ internalToken: options.internalToken, metrics: metrics.registry }),
    inboundSurface([liveKitWebhook({ ...options.livekit, redis, activeCalls, nudges, services })]),
    ...(demo === undefined ? [] : [demo.surface]),
    dialerSurface,
    operator,
  ];
  const koa = new Koa({ proxy: options.trustProxy ?? false, maxIpsCount: options.trustProxy ? 1 : 0 });
  koa.silent = true;
  koa.on('error', (error: unknown) => services.log.debug({ err: error }, 'connection failed'));
  koa.use(requestLog(services.log, metrics));
  koa.use(securityHeaders({ publicUrl: services.publicUrl, livekitUrl: options.livekit.browserUrl }));
  koa.use(crossOrigin());
  koa.use(outerBoundary(services.log, operator.renderError));
  // The native API comes first in the documents, as it comes last in the dispatch.
  koa.use(documents(buildOpenApi(surfaces.toReversed(), { version: options.version })));
  koa.use(visitorPages({ pagesDir: options.pagesDir, demo: options.demoEnabled }));
  koa.use(
    dispatch(surfaces, {
      services,
      limits: new RateLimits(redis, { enabled: options.rateLimits ?? true }),
      checkAnswers: options.checkAnswers ?? false,
    }),
  );
  return {
    koa,
    surfaces,
    activeCalls,
    endStreams: () => closing.abort(),
    close: async () => {
      closing.abort();
      live.close();
      await nudges.close();
    },
  };
}

/** Hands a request to the surface that owns its path; the one at `/` comes last and takes the rest. */
function dispatch(surfaces: readonly Surface[], runtime: Parameters<typeof mountSurface>[1]): Koa.Middleware {
  const mounted = surfaces.map((spec) => ({ spec, middleware: mountSurface(spec, runtime) }));
  return async (koa, next) => {
    const owner = mounted.find(({ spec }) => spec.prefixes.includes('/') || ownsPath(spec, koa.path));
    await (owner === undefined ? next() : owner.middleware(koa, next));
  };
}
