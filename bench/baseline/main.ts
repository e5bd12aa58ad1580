import { fileURLToPath } from 'node:url';
import { AgentServer, initializeLogger, ServerOptions } from '@livekit/agents';

/** The stock agent server, a process per call. Arguments: livekit url, key, secret, agent name. */
const [wsURL = '', apiKey = '', apiSecret = '', agentName = 'baseline'] = process.argv.slice(2);

initializeLogger({ pretty: false, level: 'warn' });
const server = new AgentServer(
  new ServerOptions({
    agent: fileURLToPath(new URL('./agent.ts', import.meta.url)),
    agentName,
    wsURL,
    apiKey,
    apiSecret,
    production: true,
    host: '127.0.0.1',
    port: 18_081,
    // The default gives up under the load of a burst on two cores; the yardstick should at least answer.
    loadThreshold: 10,
    initializeProcessTimeout: 60_000,
  }),
);
server.event.on('worker_registered', () => process.send?.({ ready: true }));
process.on('disconnect', () => process.exit(0));
await server.run();
