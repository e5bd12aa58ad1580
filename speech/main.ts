import { resolveSpeechModels } from '../cli/embedded/models.ts';
import { inheritedEnv, readEnv } from '../platform/config.ts';
import { createLogger } from '../platform/log.ts';
import { Shutdown } from '../platform/shutdown.ts';
import { createGateway } from './create-gateway.ts';
import { startSpeechServer } from './server.ts';

/** libuv's default number of worker threads (docs: UV_THREADPOOL_SIZE). */
const defaultPoolThreads = 4;

async function main(): Promise<void> {
  const env = readEnv();
  const log = createLogger('speech', { level: env.LOG_LEVEL, pii: env.LOG_PII });
  const shutdown = new Shutdown(log);
  shutdown.listen();
  const models = await resolveSpeechModels({
    dir: env.SPEECH_MODELS,
    signal: shutdown.signal,
    onProgress: (progress) => log.info({ progress }, 'preparing the speech models'),
  });
  const gateway = await createGateway({
    models,
    threads: env.SPEECH_THREADS,
    poolThreads: Number(inheritedEnv().UV_THREADPOOL_SIZE) || defaultPoolThreads,
    log,
    voice: { isSteady: env.SPEECH_STEADY },
  });
  const server = await startSpeechServer({ gateway, port: env.SPEECH_PORT });
  shutdown.add('speech server', () => server.close());
  log.info({ port: server.port, threads: gateway.scheduler.load.threads }, 'the speech gateway is listening');
  process.send?.({ ready: true, port: server.port });
}

main().catch((error: unknown) => {
  const code = (error as NodeJS.ErrnoException).code;
  const text =
    code === 'EADDRINUSE'
      ? 'The port of the speech gateway is in use: set SPEECH_PORT to another one.'
      : (error as Error).message;
  process.stderr.write(`${text}\n`);
  process.exit(1);
});
