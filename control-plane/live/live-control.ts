import { DataPacket_Kind, type ParticipantInfo, ParticipantInfo_Kind, TrackSource } from '@livekit/protocol';
import type { Redis } from 'ioredis';
import { AccessToken, RoomServiceClient, ServerError } from 'livekit-server-sdk';
import { type ControlCommand, controlTopic, sealCommand } from '../../core/calls/control/command.ts';
import { supervisorModeAttribute } from '../../core/calls/plan.ts';
import type { ControlAnswer, LiveControl } from '../../core/ports.ts';
import type { Config } from '../../platform/config.ts';
import type { Logger } from '../../platform/log.ts';
import { LiveCalls } from './live-calls.ts';

interface Options {
  readonly livekit: Config['livekit'];
  /** The ws(s):// URL that supervisors' browsers use. */
  readonly browserUrl: string;
  /** Signs commands; the workers know it. */
  readonly internalToken: string;
  readonly redis: Redis;
  readonly log: Logger;
}

/** The room, or the person, is not there any more. */
const isGone = (error: unknown): boolean => error instanceof ServerError && error.code === 'not_found';
const isAgent = ({ kind }: ParticipantInfo): boolean => kind === ParticipantInfo_Kind.AGENT;

/** core/ports.ts `LiveControl`: LiveKit data to the agent of a call, answered by an event on its live channel. */
export class LiveKitControl implements LiveControl {
  readonly #options: Options;
  readonly #rooms: RoomServiceClient;
  readonly #live: LiveCalls;

  constructor(options: Options) {
    this.#options = options;
    const { httpUrl, apiKey, apiSecret } = options.livekit;
    this.#rooms = new RoomServiceClient(httpUrl, apiKey, apiSecret, { requestTimeout: 5, failover: false });
    this.#live = new LiveCalls(options.redis, options.log);
  }

  async send({ roomName, command, timeoutMs }: Parameters<LiveControl['send']>[0]) {
    let settle: (answer: ControlAnswer | null) => void = () => undefined;
    const answered = new Promise<ControlAnswer | null>((resolve) => {
      settle = resolve;
    });
    const timer = setTimeout(() => settle(null), timeoutMs);
    // Listening begins before the command leaves: an answer can come within milliseconds.
    const stop = await this.#live.subscribe(command.callId, (event) => {
      if (event.type !== 'control.applied' && event.type !== 'control.refused') return;
      if (event.commandId === command.id)
        settle({ applied: event.type === 'control.applied', detail: event.detail });
    });
    try {
      if (!(await this.#tell(roomName, command))) return null;
      return await answered;
    } finally {
      clearTimeout(timer);
      stop();
    }
  }

  /** To the agent alone: whoever else is in the room has no business with it. False: there is no agent. */
  async #tell(roomName: string, command: ControlCommand): Promise<boolean> {
    try {
      const present = await this.#rooms.listParticipants(roomName);
      const agents = present.filter(isAgent).map(({ identity }) => identity);
      if (agents.length === 0) return false;
      await this.#rooms.sendData(
        roomName,
        sealCommand(command, this.#options.internalToken),
        DataPacket_Kind.RELIABLE,
        { destinationIdentities: agents, topic: controlTopic },
      );
      return true;
    } catch (error) {
      if (isGone(error)) return false;
      this.#options.log.warn({ err: error, roomName }, 'a command could not be sent');
      return false;
    }
  }

  async issueToken({ roomName, identity, mode, ttlMs }: Parameters<LiveControl['issueToken']>[0]) {
    const { livekit, browserUrl } = this.#options;
    const token = new AccessToken(livekit.apiKey, livekit.apiSecret, {
      identity,
      name: 'Supervisor',
      ttl: Math.ceil(ttlMs / 1_000),
      attributes: { [supervisorModeAttribute]: mode },
    });
    const speaks = mode !== 'listen';
    token.addGrant({
      roomJoin: true,
      room: roomName,
      canSubscribe: true,
      canPublish: speaks,
      ...(speaks ? { canPublishSources: [TrackSource.MICROPHONE] } : {}),
      canPublishData: false,
      canUpdateOwnMetadata: false,
      hidden: !speaks,
    });
    return { token: await token.toJwt(), url: browserUrl };
  }

  async hushWhisperer({ roomName, identity }: Parameters<LiveControl['hushWhisperer']>[0]): Promise<boolean> {
    const present = await this.#rooms.listParticipants(roomName).catch((error: unknown) => {
      if (isGone(error)) return [];
      throw error;
    });
    const mode = present.find((one) => one.identity === identity)?.attributes[supervisorModeAttribute];
    if (!mode?.startsWith('whisper') || present.some(isAgent)) return false;
    await this.#rooms.updateParticipant(roomName, identity, {
      permission: { canSubscribe: true, canPublish: false, canPublishData: false },
    });
    return true;
  }

  close(): void {
    this.#live.close();
  }
}
