import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { AgentServer, initializeLogger, ServerOptions } from '@livekit/agents';
import { background } from '../../platform/background.ts';
import { readConfig } from '../../platform/config.ts';
import { randomToken } from '../../platform/crypto.ts';
import { createLogger } from '../../platform/log.ts';
import { RecordingUploader } from '../recording/uploader.ts';
import { EventSink } from '../report/event-sink.ts';
import { readMetadata } from '../session/plan.ts';
import { identityOf } from './acceptance.ts';
import { startHeartbeat } from './heartbeat.ts';
import { fromSupervisor } from './messages.ts';
import { defaultSlots, Slots } from './slots.ts';

const pollMs = 100;
const hurryTimeoutMs = 20_000;
/** An accepted job that never shows up gives its slot back after this. */
const launchTimeoutMs = 30_000;

/**
 * `WORKER_ISOLATION=process`: the stock agent server, which forks a process per call, with an exact slot count and a
 * drain of our own.
 */
const config = readConfig();
const { LOG_LEVEL, LOG_PII, WORKER_SLOTS, WORKER_AGENT_NAME } = config.env;
const log = createLogger('worker-host', { level: LOG_LEVEL, pii: LOG_PII });
initializeLogger({ pretty: false, level: LOG_LEVEL === 'debug' ? 'debug' : 'error' });

const hostId = `host-${process.pid}-${randomToken(4)}`;
const sink = new EventSink(config.redisUrl, log);
const slots = new Slots(WORKER_SLOTS || defaultSlots(Number(process.versions.node.split('.')[0])));
const calls = new Map<string, string>();
/** The processes of the calls only write. */
const uploader = new RecordingUploader(config, log);
let draining = false;

const server = new AgentServer(
  new ServerOptions({
    agent: fileURLToPath(new URL('./stock-agent.ts', import.meta.url)),
    agentName: WORKER_AGENT_NAME,
    wsURL: config.livekit.url,
    apiKey: config.livekit.apiKey,
    apiSecret: config.livekit.apiSecret,
    production: true,
    host: '127.0.0.1',
    // With `production` a port of 0 would become 8081.
    port: 1 + Math.floor(Math.random() * 20_000) + 40_000,
    initializeProcessTimeout: 60_000,
    loadFunc: async () => (draining ? 1 : slots.load()),
    loadThreshold: 1,
    // Every offer is answered: one that is not holds the server up for ten seconds.
    requestFunc: async (request) => {
      const identity = draining ? null : identityOf(request.job);
      if (identity === null || !slots.take(request.id)) return await request.reject();
      const metadata = readMetadata(request.job.metadata);
      if (metadata.kind !== 'inbound')
        calls.set(request.id, metadata.kind === 'plan' ? metadata.plan.callId : metadata.callId);
      background(log, 'watching a job', releaseWhenOver(request.id));
      await request.accept(identity.name, identity.identity, '', identity.attributes);
    },
  }),
);

/** `activeJobs` lags behind what was accepted, so the slot is ours until the job has come and gone. */
async function releaseWhenOver(jobId: string): Promise<void> {
  const isActive = () => server.activeJobs.some(({ job }) => job.id === jobId);
  const deadline = Date.now() + launchTimeoutMs;
  while (!isActive() && Date.now() < deadline) await sleep(pollMs);
  while (isActive()) await sleep(pollMs);
  slots.give(jobId);
  calls.delete(jobId);
}

let leaving = false;
/** Not the server's own drain: it throws when a process of its pool is not there yet, and cuts the calls. */
async function leave(hurry: boolean): Promise<void> {
  draining = true;
  if (leaving && !hurry) return;
  leaving = true;
  while (!hurry && slots.active > 0) await sleep(pollMs);
  await Promise.race([server.close(), sleep(hurryTimeoutMs)]);
  await stopHeartbeat?.();
  await uploader.close();
  await sink.close();
  process.exit(0);
}

process.on('message', (raw) => {
  const message = fromSupervisor.safeParse(raw);
  if (!message.success || message.data.type === 'siblings') return;
  background(log, 'leaving', leave(message.data.type === 'hurry'));
});
process.on('disconnect', () => background(log, 'leaving', leave(true)));
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);

let stopHeartbeat: (() => Promise<void>) | undefined;
server.event.on('worker_registered', () => {
  log.info({ slots: slots.total }, 'registered with livekit');
  stopHeartbeat ??= startHeartbeat(sink, log, () => ({
    hostId,
    agentName: WORKER_AGENT_NAME,
    pid: process.pid,
    slots: slots.total,
    active: slots.active,
    calls: [...calls.values()],
    draining,
    loopDelayMs: 0,
    rssBytes: process.memoryUsage.rss(),
    nodeVersion: process.versions.node,
    at: Date.now(),
  }));
  if (process.connected) process.send?.({ type: 'ready' });
});

await sink.ready(10_000);
uploader.start();
background(log, 'agent server', server.run());
