import { DisconnectReason } from 'livekit-client';
import { TalkError } from './api.ts';

/** Turns whatever went wrong at the start of a call into one sentence that says what to do. */
export function explain(error: unknown): string {
  if (error instanceof TalkError) return error.message;
  const name = error instanceof Error ? error.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError')
    return 'The microphone is blocked. Allow it for this page in the browser’s address bar, then call again.';
  if (name === 'NotFoundError' || name === 'OverconstrainedError')
    return 'No microphone was found. Plug one in or switch it on, then call again.';
  if (name === 'NotReadableError')
    return 'Another program is using the microphone. Close it, then call again.';
  return 'The call could not be connected. Check your network and try again.';
}

/** Why a call ended, for the visitor; null where they hung up themselves. `isAnswered`: an agent had come. */
export function explainEnd(reason: DisconnectReason | undefined, isAnswered: boolean): string | null {
  switch (reason) {
    case DisconnectReason.CLIENT_INITIATED:
      return null;
    case DisconnectReason.ROOM_DELETED:
    case DisconnectReason.ROOM_CLOSED:
    case DisconnectReason.PARTICIPANT_REMOVED:
      return isAnswered ? 'The agent has ended the call.' : agentOffline;
    case DisconnectReason.DUPLICATE_IDENTITY:
      return 'This call was opened in another tab.';
    case DisconnectReason.SERVER_SHUTDOWN:
      return 'The server is restarting. Call again in a moment.';
    default:
      return 'The connection was lost. Check your network and call again.';
  }
}

export const microphoneSupported = (): boolean =>
  typeof navigator !== 'undefined' && navigator.mediaDevices?.getUserMedia !== undefined;

export const insecurePage =
  'This browser gives pages a microphone only over https or on localhost. Open the page over https.';
export const agentOffline = 'The agent is not answering right now. Try again in a moment.';
