import { type Logger, pino } from 'pino';

export type { Logger };

interface LogOptions {
  readonly level?: string;
  /** true keeps what stands under `pii` keys; the default writes `[redacted]`. */
  readonly pii?: boolean;
}

/** A logger for one process. The message is a constant sentence; everything else is a field. */
export function createLogger(process: string, { level = 'info', pii = false }: LogOptions = {}): Logger {
  return pino({
    level,
    base: { process },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    ...(pii ? {} : { redact: { paths: ['pii', '*.pii'], censor: '[redacted]' } }),
  });
}
