import { defineAgent, type JobContext } from '@livekit/agents';
import { readConfig } from '../../platform/config.ts';
import { randomToken } from '../../platform/crypto.ts';
import { createLogger } from '../../platform/log.ts';
import { prepareNativeSide } from '../native/prepare.ts';
import { EventSink } from '../report/event-sink.ts';
import { entry } from '../session/entry.ts';
import type { CallHost } from '../session/host.ts';
import { PhraseCache } from '../session/phrases.ts';

/** The agent file of the stock agent server: one process, one call, the same entry as in a shared host. */
prepareNativeSide();
const config = readConfig();
const log = createLogger('worker-job', { level: config.env.LOG_LEVEL, pii: config.env.LOG_PII });
const sink = new EventSink(config.redisUrl, log);
const phrases = new PhraseCache();
const hostId = `job-${process.pid}-${randomToken(4)}`;

export default defineAgent({
  prewarm: async () => {
    await sink.ready(5_000);
  },
  entry: async (ctx: JobContext) => {
    const stopping = new AbortController();
    // The framework runs its shutdown callbacks after it has left the room; the last words must be said before.
    process.on('message', (message: { case?: string }) => {
      if (message.case === 'shutdownRequest') stopping.abort();
    });
    const host: CallHost = { config, hostId, log, sink, phrases, stopping: stopping.signal };
    try {
      await entry(ctx, host);
    } finally {
      await sink.close();
      ctx.shutdown('call over');
    }
  },
});
