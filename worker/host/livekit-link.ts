import { setTimeout as sleep } from 'node:timers/promises';
import {
  type AvailabilityRequest,
  type JobAssignment,
  type JobStatus,
  JobType,
  ParticipantPermission,
  ServerMessage,
  WorkerMessage,
  WorkerStatus,
} from '@livekit/protocol';
import { AccessToken } from 'livekit-server-sdk';
import { WebSocket } from 'ws';
import { background } from '../../platform/background.ts';
import type { Config } from '../../platform/config.ts';
import type { Logger } from '../../platform/log.ts';
import type { Acceptance } from './acceptance.ts';

const firstRetryMs = 200;
const lastRetryMs = 5_000;
const pingEveryMs = 5_000;
const registerTimeoutMs = 10_000;
/** The version of the framework whose worker protocol is spoken here. */
const frameworkVersion = '1.9.0';

interface Handlers {
  /** Answers at once: null declines the job. */
  readonly onAvailability: (request: AvailabilityRequest) => Acceptance | null;
  readonly onAssignment: (assignment: JobAssignment) => void;
  readonly onTermination: (jobId: string) => void;
  readonly onRegistered: (workerId: string) => void;
}

/**
 * The agent worker protocol of livekit-server (WebSocket `/agent`, protobuf; `worker.ts` of @livekit/agents is its
 * reference). The link comes back by itself; calls do not depend on it.
 */
export class LiveKitLink {
  readonly #livekit: Config['livekit'];
  readonly #agentName: string;
  readonly #handlers: Handlers;
  readonly #log: Logger;
  #socket: WebSocket | undefined;
  #registered = false;
  #closed = false;
  #workerId = '';

  constructor(livekit: Config['livekit'], agentName: string, handlers: Handlers, log: Logger) {
    this.#livekit = livekit;
    this.#agentName = agentName;
    this.#handlers = handlers;
    this.#log = log;
  }

  get workerId(): string {
    return this.#workerId;
  }

  get registered(): boolean {
    return this.#registered;
  }

  start(): void {
    background(this.#log, 'livekit link', this.#run());
  }

  close(): void {
    this.#closed = true;
    this.#socket?.close();
  }

  reportLoad(load: number, available: boolean): void {
    const status = available ? WorkerStatus.WS_AVAILABLE : WorkerStatus.WS_FULL;
    // The server never picks a worker whose load is 1, whatever its status says.
    this.#send({ case: 'updateWorker', value: { load: available ? load : 1, status } });
  }

  reportJob(jobId: string, status: JobStatus, error = ''): void {
    this.#send({ case: 'updateJob', value: { jobId, status, error } });
  }

  async #run(): Promise<void> {
    let delayMs = firstRetryMs;
    while (!this.#closed) {
      const startedAt = Date.now();
      try {
        await this.#session();
      } catch (error) {
        if (!this.#closed) this.#log.warn({ err: error, retryMs: delayMs }, 'no link to livekit');
      }
      this.#registered = false;
      if (this.#closed) return;
      if (Date.now() - startedAt > lastRetryMs) delayMs = firstRetryMs;
      await sleep(delayMs * (0.5 + Math.random() / 2));
      delayMs = Math.min(delayMs * 2, lastRetryMs);
    }
  }

  /** One connection, from opening to closing. */
  async #session(): Promise<void> {
    const token = new AccessToken(this.#livekit.apiKey, this.#livekit.apiSecret);
    token.addGrant({ agent: true });
    const socket = new WebSocket(`${this.#livekit.url.replace(/^http/, 'ws').replace(/\/+$/, '')}/agent`, {
      headers: { authorization: `Bearer ${await token.toJwt()}` },
      handshakeTimeout: registerTimeoutMs,
    });
    this.#socket = socket;
    let alive = true;
    const pinger = setInterval(() => {
      if (!alive || (!this.#registered && socket.readyState === WebSocket.OPEN)) return socket.terminate();
      alive = false;
      if (socket.readyState === WebSocket.OPEN) socket.ping();
    }, pingEveryMs);
    try {
      await new Promise<void>((resolve, reject) => {
        socket.on('open', () => this.#register());
        socket.on('message', (data) => this.#onMessage(data as Buffer));
        socket.on('pong', () => {
          alive = true;
        });
        socket.on('error', reject);
        socket.on('close', (code) =>
          this.#closed ? resolve() : reject(new Error(`The link closed (${code}).`)),
        );
      });
    } finally {
      clearInterval(pinger);
    }
  }

  #register(): void {
    this.#send({
      case: 'register',
      value: {
        type: JobType.JT_ROOM,
        agentName: this.#agentName,
        version: frameworkVersion,
        allowedPermissions: new ParticipantPermission({
          canPublish: true,
          canSubscribe: true,
          canPublishData: true,
          canUpdateMetadata: true,
          agent: true,
        }),
      },
    });
  }

  #onMessage(data: Buffer): void {
    const { message } = ServerMessage.fromBinary(data);
    switch (message.case) {
      case 'register':
        this.#workerId = message.value.workerId;
        this.#registered = true;
        this.#handlers.onRegistered(this.#workerId);
        break;
      case 'availability':
        this.#answer(message.value);
        break;
      case 'assignment':
        this.#handlers.onAssignment(message.value);
        break;
      case 'termination':
        this.#handlers.onTermination(message.value.jobId);
        break;
    }
  }

  /** Every request is answered: the server waits ten seconds for one that is not, and then gives the job up. */
  #answer(request: AvailabilityRequest): void {
    const jobId = request.job?.id ?? '';
    let accepted: Acceptance | null = null;
    try {
      accepted = this.#handlers.onAvailability(request);
    } catch (error) {
      this.#log.error({ err: error, jobId }, 'a job offer could not be judged');
    }
    this.#send({
      case: 'availability',
      value: accepted
        ? {
            jobId,
            available: true,
            participantIdentity: accepted.identity,
            participantName: accepted.name,
            participantAttributes: accepted.attributes,
          }
        : { jobId, available: false },
    });
  }

  #send(
    message: ConstructorParameters<typeof WorkerMessage>[0] extends infer M
      ? NonNullable<M & { message?: unknown }>['message']
      : never,
  ): void {
    const socket = this.#socket;
    if (socket?.readyState !== WebSocket.OPEN) return;
    socket.send(new WorkerMessage({ message } as ConstructorParameters<typeof WorkerMessage>[0]).toBinary());
  }
}
