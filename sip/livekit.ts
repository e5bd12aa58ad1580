import { AgentDispatchClient, RoomServiceClient, ServerError, SipClient } from 'livekit-server-sdk';

/** The LiveKit API clients of one process. */
export interface LiveKit {
  readonly rooms: RoomServiceClient;
  readonly sip: SipClient;
  readonly dispatch: AgentDispatchClient;
}

export interface LiveKitAccess {
  readonly httpUrl: string;
  readonly apiKey: string;
  readonly apiSecret: string;
}

/** Seconds, because the SDK counts in them. Calls that ring bring their own. */
const requestTimeout = 8;

/**
 * Builds the clients once. Region failover is off: it replays a request that may have left already, and a replayed
 * createSipParticipant would be a second INVITE.
 */
export function connectLiveKit({ httpUrl, apiKey, apiSecret }: LiveKitAccess): LiveKit {
  const options = { requestTimeout, failover: false };
  return {
    rooms: new RoomServiceClient(httpUrl, apiKey, apiSecret, options),
    sip: new SipClient(httpUrl, apiKey, apiSecret, options),
    dispatch: new AgentDispatchClient(httpUrl, apiKey, apiSecret, options),
  };
}

/** Whether LiveKit says that the thing is not there (any more). */
export const isGone = (error: unknown): boolean => error instanceof ServerError && error.code === 'not_found';

/** Whether LiveKit was not reached at all: nothing that was asked has happened. */
export const isUnreachable = (error: unknown): boolean => {
  const code = (error as { cause?: { code?: unknown } } | null)?.cause?.code;
  return code === 'ECONNREFUSED' || code === 'ENOTFOUND' || code === 'EAI_AGAIN';
};

/** Runs a removal; that the thing is gone already is success. */
export async function ignoreGone(removal: Promise<unknown>): Promise<void> {
  await removal.catch((error: unknown) => {
    if (!isGone(error)) throw error;
  });
}
