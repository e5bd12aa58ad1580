import { readConfig } from '../platform/config.ts';
import { createLogger } from '../platform/log.ts';
import { EventSink } from './report/event-sink.ts';
import { Supervisor } from './supervisor/supervisor.ts';

/** The worker supervisor. SIGTERM drains; a second one, or the loss of the parent, ends the calls at once. */
const config = readConfig();
const log = createLogger('worker', { level: config.env.LOG_LEVEL, pii: config.env.LOG_PII });
const sink = new EventSink(config.redisUrl, log);
const supervisor = new Supervisor(config, sink, log);
let stopping = false;

async function stop(reason: string, hurry: boolean): Promise<void> {
  if (hurry || stopping) supervisor.hurry();
  if (stopping) return;
  stopping = true;
  log.info({ reason }, 'stopping');
  await supervisor.stop();
  await sink.close();
  log.info('stopped');
  process.exit(0);
}

process.on('SIGTERM', () => void stop('SIGTERM', false));
process.on('SIGINT', () => void stop('SIGINT', false));
process.on('disconnect', () => void stop('parent gone', true));
process.on('message', (message) => {
  if (typeof message === 'object' && message !== null && 'hurry' in message) void stop('hurry', true);
});

try {
  await supervisor.start((pids) => process.send?.({ pids }));
} catch (error) {
  log.fatal(error instanceof Error ? error.message : String(error));
  supervisor.kill();
  process.exit(1);
}
log.info('worker ready');
process.send?.({ ready: true });
