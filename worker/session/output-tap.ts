import type { voice } from '@livekit/agents';
import type { AudioFrame, AudioSource } from '@livekit/rtc-node';

/** Hears what goes to a track: each frame as it is queued, and the moments at which the queue is thrown away. */
export interface OutputTap {
  queued(frame: AudioFrame): void;
  cleared(): void;
}

/**
 * Listens at the last point before the wire. The framework holds frames back while it is paused, and drops what is
 * queued when it is interrupted; only its audio source (which it does not show) knows what was really played.
 */
export function tapOutput(output: voice.ParticipantAudioOutput, tap: OutputTap): void {
  const { audioSource } = output as unknown as { audioSource: AudioSource };
  const [captureFrame, clearQueue] = [
    audioSource.captureFrame.bind(audioSource),
    audioSource.clearQueue.bind(audioSource),
  ];
  audioSource.captureFrame = async (frame) => {
    tap.queued(frame);
    await captureFrame(frame);
  };
  audioSource.clearQueue = () => {
    tap.cleared();
    clearQueue();
  };
}
