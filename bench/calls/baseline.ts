import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { RoomAgentDispatch, RoomConfiguration } from '@livekit/protocol';
import { SipClient } from 'livekit-server-sdk';
import type { Product } from '../../test/harness/product.ts';
import type { Target } from './conversation.ts';

const number = '+15550190';
const agentName = 'baseline';

export interface Baseline extends Target {
  stop(): Promise<void>;
}

/** The plain sample beside the product: same LiveKit, same SIP service, same speech gateway, its own number. */
export async function startBaseline(product: Product): Promise<Baseline> {
  const { httpUrl, apiKey, apiSecret } = product.livekit;
  const sip = new SipClient(httpUrl, apiKey, apiSecret);
  const trunk = await sip.createSipInboundTrunk('baseline', [number], { allowedAddresses: ['127.0.0.1/32'] });
  await sip.createSipDispatchRule(
    { type: 'individual', roomPrefix: 'baseline-' },
    {
      name: 'baseline',
      trunkIds: [trunk.sipTrunkId],
      roomConfig: new RoomConfiguration({
        agents: [new RoomAgentDispatch({ agentName, metadata: product.speechUrl })],
      }),
    },
  );
  const child = fork(
    fileURLToPath(new URL('../baseline/main.ts', import.meta.url)),
    [httpUrl.replace(/^http/, 'ws'), apiKey, apiSecret, agentName],
    { execArgv: ['--import', 'tsx'], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] },
  );
  await once(child, 'message');
  return {
    name: 'baseline',
    pid: child.pid ?? 0,
    dial: (phone) => phone.call({ to: `sip:${number}@${product.run.sip}`, from: '+15550199' }),
    stop: async () => {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
}
