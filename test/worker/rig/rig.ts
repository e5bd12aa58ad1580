import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { DataPacket_Kind } from '@livekit/protocol';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { AgentDispatchClient, RoomServiceClient } from 'livekit-server-sdk';
import type { z } from 'zod';
import { agentDefinition } from '../../../core/agents/definition.ts';
import { type ControlCommand, controlTopic, sealCommand } from '../../../core/calls/control/command.ts';
import { type CallEvent, type CallEventType, callEvent } from '../../../core/calls/events.ts';
import { agentIdentity, type CallPlan, callerIdentity } from '../../../core/calls/plan.ts';
import { type HostHeartbeat, heartbeatPattern, hostHeartbeat } from '../../../core/fleet.ts';
import { newId } from '../../../platform/ids.ts';
import { waitFor } from '../../../platform/retry.ts';
import { ourEnv, preferredNode } from '../../harness/our-process.ts';
import { Caller } from './caller.ts';
import { type MockProviders, startMockProviders } from './mock-providers.ts';
import { type Stack, startStack } from './stack.ts';

const agentName = 'rig';
const internalToken = 'internal';

type Definition = z.input<typeof agentDefinition>;

/** Real servers, mock providers, a worker supervisor, and what it reports. */
export class Rig implements AsyncDisposable {
  readonly stack: Stack;
  readonly providers: MockProviders;
  readonly events: CallEvent[] = [];
  readonly #redis: Redis;
  readonly #callers: Caller[] = [];
  worker: ChildProcess | undefined;

  private constructor(stack: Stack, providers: MockProviders) {
    this.stack = stack;
    this.providers = providers;
    this.#redis = new Redis(stack.redisUrl, { maxRetriesPerRequest: null });
    this.#redis.on('error', () => undefined);
    const live = this.#redis.duplicate();
    live.on('error', () => undefined);
    void live.psubscribe('trunkline:call:*');
    live.on('pmessage', (_pattern, _channel, text) => this.events.push(callEvent.parse(JSON.parse(text))));
    this.#live = live;
  }
  readonly #live: Redis;

  /** @param settings of the worker, or what makes them when the providers are there */
  static async start(
    settings: Record<string, string> | ((providers: MockProviders) => Promise<Record<string, string>>) = {},
  ): Promise<Rig> {
    const [stack, providers] = await Promise.all([startStack(), startMockProviders()]);
    const rig = new Rig(stack, providers);
    try {
      await rig.startWorker(typeof settings === 'function' ? await settings(providers) : settings);
    } catch (error) {
      await rig[Symbol.asyncDispose]();
      throw error;
    }
    return rig;
  }

  /** Starts a worker; resolves when every host has registered. */
  async startWorker(env: Record<string, string> = {}): Promise<void> {
    const { livekit, redisUrl, dataDir } = this.stack;
    const worker = fork(fileURLToPath(new URL('../../../worker/main.ts', import.meta.url)), [], {
      execPath: preferredNode.path,
      execArgv: [...preferredNode.args],
      env: {
        ...ourEnv(),
        LOG_LEVEL: 'warn',
        WORKER_HOSTS: '1',
        // Its questions are asked of the same providers.
        WORKER_REHEARSAL: 'false',
        WORKER_AGENT_NAME: agentName,
        TRUNKLINE_DATA: dataDir,
        REDIS_URL: redisUrl,
        LIVEKIT_URL: livekit.url,
        LIVEKIT_API_KEY: livekit.apiKey,
        LIVEKIT_API_SECRET: livekit.apiSecret,
        INTERNAL_TOKEN: internalToken,
        SPEECH_URL: this.providers.url,
        CONTROL_PLANE_URL: 'http://127.0.0.1:1',
        ...env,
      },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.worker = worker;
    await new Promise<void>((resolve, reject) => {
      worker.once('exit', () => reject(new Error('The worker ended before it was ready.')));
      worker.on('message', (message) => {
        if (typeof message === 'object' && message !== null && 'ready' in message) resolve();
      });
    });
  }

  /** A web call's plan; the definition is the default one with changes. */
  plan(definition: Definition = {}, changes: Partial<CallPlan> = {}): CallPlan {
    const callId = newId();
    return {
      callId,
      epoch: 1,
      workspaceId: newId(),
      agent: { id: newId(), versionId: newId(), name: 'Rosa' },
      channel: 'web',
      direction: 'inbound',
      roomName: `call-${callId}`,
      callerIdentity: callerIdentity(callId),
      fromNumber: null,
      toNumber: null,
      definition: agentDefinition.parse({
        systemPrompt: 'You are the receptionist of a small hotel.',
        firstMessage: 'Hello, this is Rosa. How can I help you?',
        ...definition,
      }),
      variables: {},
      joinTimeoutMs: 20_000,
      resume: null,
      ...changes,
    };
  }

  async dispatch(plan: CallPlan): Promise<void> {
    const { url, apiKey, apiSecret } = this.stack.livekit;
    await new AgentDispatchClient(url.replace('ws', 'http'), apiKey, apiSecret).createDispatch(
      plan.roomName,
      agentName,
      { metadata: JSON.stringify({ kind: 'plan', plan }) },
    );
  }

  /** Dispatches, waits until the agent is ready, and lets the caller in. */
  async call(plan: CallPlan): Promise<Caller> {
    await this.dispatch(plan);
    // A host that is busy for a moment declines, and LiveKit does not ask again.
    await this.event(plan, 'agent.joined', () => true, 6_000).catch(() => this.dispatch(plan));
    await this.event(plan, 'agent.ready');
    return await this.join(plan);
  }

  async join(plan: CallPlan, identity = plan.callerIdentity ?? 'caller'): Promise<Caller> {
    const caller = await Caller.join(this.stack, plan.roomName, identity);
    this.#callers.push(caller);
    return caller;
  }

  rooms(): RoomServiceClient {
    const { url, apiKey, apiSecret } = this.stack.livekit;
    return new RoomServiceClient(url.replace('ws', 'http'), apiKey, apiSecret);
  }

  /** As the control plane sends one. */
  async command(plan: CallPlan, command: ControlCommand): Promise<void> {
    const destinationIdentities = [agentIdentity(plan.callId, plan.epoch)];
    await this.rooms().sendData(
      plan.roomName,
      sealCommand(command, internalToken),
      DataPacket_Kind.RELIABLE,
      {
        ...{ destinationIdentities, topic: controlTopic },
      },
    );
  }

  of(plan: CallPlan): CallEvent[] {
    return this.events.filter(({ callId, epoch }) => callId === plan.callId && epoch === plan.epoch);
  }

  /** Waits for an event of a call. */
  async event<T extends CallEventType>(
    plan: CallPlan,
    type: T,
    fits: (event: Extract<CallEvent, { type: T }>) => boolean = () => true,
    timeoutMs = 60_000,
  ): Promise<Extract<CallEvent, { type: T }>> {
    const probe = () =>
      this.of(plan).find(
        (event): event is Extract<CallEvent, { type: T }> =>
          event.type === type && fits(event as Extract<CallEvent, { type: T }>),
      );
    return await waitFor(type, probe, { timeoutMs, everyMs: 10 }).catch((error: unknown) => {
      throw new Error(`No ${type} in this call:\n${this.#story(plan)}`, { cause: error });
    });
  }

  /** What happened in a call, a line an event. */
  #story(plan: CallPlan): string {
    const events = this.of(plan);
    const first = events[0]?.at ?? 0;
    return events
      .map(({ callId: _, epoch, seq, at, type, ...rest }) => `+${at - first} ${type} ${JSON.stringify(rest)}`)
      .join('\n');
  }

  async heartbeats(): Promise<HostHeartbeat[]> {
    const keys = await this.#redis.keys(heartbeatPattern);
    const texts = keys.length > 0 ? await this.#redis.mget(keys) : [];
    return texts.flatMap((text) => (text ? [hostHeartbeat.parse(JSON.parse(text))] : []));
  }

  async hostPid(): Promise<number> {
    const beat = await waitFor('a heartbeat', async () => (await this.heartbeats())[0]);
    return beat.pid;
  }

  /** What waits in a queue. */
  async queued(name: string): Promise<unknown[]> {
    const queue = new Queue(name, { connection: { url: this.stack.redisUrl } });
    try {
      return (await queue.getJobs(['waiting', 'delayed', 'active'])).map(({ data }) => data as unknown);
    } finally {
      await queue.close();
    }
  }

  async stopWorker(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    const { worker } = this;
    if (!worker || worker.exitCode !== null || worker.signalCode !== null) return worker?.exitCode ?? null;
    const exited = once(worker, 'exit');
    worker.kill(signal);
    const [code] = await exited;
    return code as number | null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(this.#callers.map((caller) => caller.leave()));
    const { worker } = this;
    if (worker && worker.exitCode === null && worker.signalCode === null) {
      const exited = once(worker, 'exit');
      if (worker.connected) worker.send({ hurry: true });
      else worker.kill('SIGTERM');
      const impatient = setTimeout(() => worker.kill('SIGKILL'), 15_000);
      await exited;
      clearTimeout(impatient);
    }
    this.#redis.disconnect();
    this.#live.disconnect();
    await this.providers.close();
    await this.stack.close();
  }
}
