import { voice } from '@livekit/agents';
import type { CallParts } from './parts.ts';

/** What RoomIO has no option for. */
interface RoomIoInside {
  createTranscriptionOutput(options: TranscriptionOptions): voice.ParalellTextOutput;
  onAgentStateChanged(event: { readonly newState: string }): void;
}

interface TranscriptionOptions {
  readonly isDeltaStream: boolean;
  readonly participant: string | null;
}

/**
 * The framework's RoomIO, made here and not by `session.start({ room })`, which would add a session host: that sends
 * every item of the conversation, the calls of functions and their results too, to whoever is on the line, a
 * visitor's page included (docs/decisions/0068). A page gets captions and the agent's state, a telephone nothing.
 * The session has to be running.
 */
export function tieToRoom(session: voice.AgentSession, { ctx, plan }: CallParts): void {
  const { room } = ctx;
  const hasScreen = plan.channel !== 'phone';
  const roomIo = new voice.RoomIO({
    agentSession: session,
    room,
    inputOptions: {
      audioEnabled: false,
      closeOnDisconnect: false,
      ...(plan.callerIdentity ? { participantIdentity: plan.callerIdentity } : {}),
    },
    outputOptions: { audioEnabled: false },
  });
  const inside = roomIo as unknown as RoomIoInside;
  inside.createTranscriptionOutput = ({ isDeltaStream, participant }) =>
    new voice.ParalellTextOutput(
      hasScreen ? [new voice.ParticipantTranscriptionOutput(room, isDeltaStream, participant)] : [],
    );
  if (!hasScreen) inside.onAgentStateChanged = () => undefined;
  session._roomIO = roomIo;
  roomIo.start();
  inside.onAgentStateChanged({ newState: session.agentState });
}
