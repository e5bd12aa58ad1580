import '../harness/quiet-rtc.ts';
import { Room } from '@livekit/rtc-node';
import { AccessToken } from 'livekit-server-sdk';
import { agentIdentity, agentStateAttribute, dispatchMetadata } from '../../core/calls/plan.ts';
import { MemoryPacer } from '../../core/campaigns/engine/index.ts';
import { systemContext } from '../../core/context.ts';
import { CallEvents } from '../../jobs/calls/call-events.ts';
import { Queues } from '../../jobs/queues.ts';
import { openRedis } from '../../jobs/redis.ts';
import { type CallLimits, callLimits, type JobServices } from '../../jobs/services.ts';
import { createLogger } from '../../platform/log.ts';
import { connectLiveKit, type LiveKit } from '../../sip/livekit.ts';
import type { TestContext } from '../harness/context.ts';
import { type LivekitStack, startLivekitStack } from '../harness/livekit-stack.ts';
import { RedisServer } from '../jobs/redis-server.ts';

export const agentName = 'trunkline';

/** Real livekit-server, livekit-sip and Redis: for all tests of a file. */
export interface SipStack {
  readonly stack: LivekitStack;
  readonly redis: RedisServer;
  readonly livekit: LiveKit;
  close(): Promise<void>;
}

export async function startSipStack(): Promise<SipStack> {
  const redis = await RedisServer.start();
  try {
    const stack = await startLivekitStack();
    const livekit = connectLiveKit({ httpUrl: stack.url, apiKey: stack.apiKey, apiSecret: stack.apiSecret });
    const close = async () => {
      await stack.close();
      await redis.down();
    };
    return { stack, redis, livekit, close };
  } catch (error) {
    await redis.down();
    throw error;
  }
}

export interface JobRig {
  readonly services: JobServices;
  close(): Promise<void>;
}

/**
 * What jobs get, on a test's own database, with the patience of a busy machine. A test of what happens when time is up
 * says which time it is about.
 */
export function jobServices(t: TestContext, sip: SipStack, limits: Partial<CallLimits> = {}): JobRig {
  const log = createLogger('test', { level: 'silent' });
  const redis = openRedis(sip.redis.url, log, 'test');
  const subscriber = openRedis(sip.redis.url, log, 'test events');
  const queues = new Queues(redis, new Map());
  const services: JobServices = {
    core: t.services,
    ctx: systemContext(t.services, 'jobs'),
    livekit: sip.livekit,
    callEvents: new CallEvents(subscriber),
    queues,
    log,
    agentName,
    limits: { ...callLimits, agentReadyMs: 30_000, rescueMs: 30_000, sweepAfterMs: 0, ...limits },
    sipPlace: null,
    pacing: { pacer: new MemoryPacer(), trunkCallsPerSecond: 5 },
    messagesKeepMs: 90 * 86_400_000,
    purgeOutbox: async () => 0,
  };
  return {
    services,
    close: async () => {
      await queues.close();
      redis.disconnect();
      subscriber.disconnect();
    },
  };
}

/**
 * Stands in for the worker fleet: joins every room an agent is dispatched to, as the real one would be seen from
 * outside (identity, kind, state attribute), and does nothing else.
 */
export class FakeFleet {
  readonly joined: string[] = [];
  readonly #sip: SipStack;
  readonly #rooms = new Map<string, Room>();
  readonly #timer: NodeJS.Timeout;
  readonly #state: string;
  #busy = false;

  constructor(sip: SipStack, { state = 'ready' }: { state?: string } = {}) {
    this.#sip = sip;
    this.#state = state;
    this.#timer = setInterval(() => void this.#look(), 60);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.allSettled([...this.#rooms.values()].map((room) => room.disconnect()));
  }

  /** Drops out of a call as a killed process does, except that LiveKit notices at once. */
  async lose(identity: string): Promise<void> {
    await this.#rooms.get(identity)?.disconnect();
  }

  async #look(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (const room of await this.#sip.livekit.rooms.listRooms())
        for (const { metadata } of await this.#sip.livekit.dispatch.listDispatch(room.name))
          await this.#answer(room.name, metadata);
    } catch {
      // Rooms come and go while they are looked at.
    } finally {
      this.#busy = false;
    }
  }

  async #answer(room: string, metadata: string): Promise<void> {
    const dispatch = dispatchMetadata.parse(JSON.parse(metadata));
    if (dispatch.kind !== 'plan') return;
    const identity = agentIdentity(dispatch.plan.callId, dispatch.plan.epoch);
    if (this.#rooms.has(identity)) return;
    const { apiKey, apiSecret, url } = this.#sip.stack;
    const token = new AccessToken(apiKey, apiSecret, {
      identity,
      attributes: { [agentStateAttribute]: this.#state },
    });
    token.kind = 'agent';
    token.addGrant({ roomJoin: true, room, canPublish: true, canSubscribe: true });
    const connection = new Room();
    this.#rooms.set(identity, connection);
    try {
      const rtcUrl = url.replace('http', 'ws');
      await connection.connect(rtcUrl, await token.toJwt(), { autoSubscribe: false, dynacast: false });
      this.joined.push(identity);
    } catch {
      this.#rooms.delete(identity);
    }
  }
}
