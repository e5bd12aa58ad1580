import { initializeLogger } from '@livekit/agents';
import { dispose } from '@livekit/rtc-node';
import { background } from '../../platform/background.ts';
import { readConfig } from '../../platform/config.ts';
import { randomToken } from '../../platform/crypto.ts';
import { createLogger } from '../../platform/log.ts';
import { Backoff } from '../backoff.ts';
import { prepareNativeSide } from '../native/prepare.ts';
import { RecordingUploader } from '../recording/uploader.ts';
import { EventSink } from '../report/event-sink.ts';
import { flushSpool } from '../report/spool.ts';
import { Host } from './host.ts';
import { warmInference } from './inference.ts';
import { type FromHost, fromSupervisor } from './messages.ts';
import { rehearse } from './rehearse.ts';

const spoolEveryMs = 10_000;
/** After this long a host that was told to hurry goes, whatever is still unfinished. */
const hurryTimeoutMs = 20_000;

const config = readConfig();
const { LOG_LEVEL, LOG_PII } = config.env;
const log = createLogger('worker-host', { level: LOG_LEVEL, pii: LOG_PII });
prepareNativeSide();
// First: the framework's log() throws before it. It is talkative, and what matters of it is told by events.
initializeLogger({
  pretty: false,
  level: LOG_LEVEL === 'debug' || LOG_LEVEL === 'trace' ? LOG_LEVEL : 'error',
});

// One call's bug must not take the others with it.
let started = false;
process.on('uncaughtException', (error) => {
  log.error({ err: error }, 'uncaught exception');
  if (!started) process.exit(1);
});
process.on('unhandledRejection', (error) => log.error({ err: error }, 'unhandled rejection'));

const hostId = `host-${process.pid}-${randomToken(4)}`;
const sink = new EventSink(config.redisUrl, log);
const tell = (message: FromHost): void => {
  if (process.connected) process.send?.(message);
};
const host = new Host({ config, hostId, sink, log: log.child({ hostId }), tell });
const uploader = new RecordingUploader(config, log);
let leaving: 'drain' | 'hurry' | undefined;

/** Drains once; a later hurry overtakes it. */
async function leave(how: 'drain' | 'hurry', reason: string): Promise<void> {
  if (leaving === how || leaving === 'hurry') return;
  leaving = how;
  log.info({ how, reason }, 'host stopping');
  if (how === 'drain') await host.drain();
  else await Promise.race([host.hurry(), new Promise((resolve) => setTimeout(resolve, hurryTimeoutMs))]);
  await host.close();
  await uploader.close();
  await sink.close();
  await dispose();
  process.exit(0);
}

process.on('message', (raw) => {
  const message = fromSupervisor.safeParse(raw);
  if (!message.success) return;
  if (message.data.type === 'siblings') return host.standBack(message.data.least);
  background(log, 'leaving', leave(message.data.type, 'told by the supervisor'));
});
// A lost supervisor means that the whole product has crashed or is being killed.
process.on('disconnect', () => background(log, 'hurry', leave('hurry', 'supervisor gone')));
// Ctrl-C reaches the whole process group: only the supervisor decides.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => {
  if (!process.connected) background(log, 'hurry', leave('hurry', 'SIGTERM'));
});

await Promise.all([warmInference(), sink.ready(10_000)]);
host.start();
uploader.start();
started = true;
if (config.env.WORKER_REHEARSAL) background(log, 'rehearsing', rehearse(config.env, log));
const spoolBackoff = new Backoff();
const flush = () =>
  background(log, 'flushing the spool', flushSpool(config.dataDir, sink, log, spoolBackoff));
flush();
// What could not be sent while Redis was away.
sink.redis.on('ready', flush);
setInterval(flush, spoolEveryMs).unref();
