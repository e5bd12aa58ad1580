import { Histogram, Registry } from 'prom-client';

/** The HTTP numbers of one app. A registry of its own, so that several apps can run in one test process. */
export class HttpMetrics {
  readonly registry = new Registry();
  readonly #durations = new Histogram({
    name: 'trunkline_http_request_duration_seconds',
    help: 'Time from the first byte of a request to the end of its answer.',
    labelNames: ['surface', 'operation', 'status'] as const,
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers: [this.registry],
  });

  observe(surface: string, operation: string, status: number, durationMs: number): void {
    this.#durations.observe({ surface, operation, status: String(status) }, durationMs / 1_000);
  }
}
