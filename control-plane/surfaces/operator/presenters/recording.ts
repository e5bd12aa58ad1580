import type { z } from 'zod';
import type { RecordingWithLink } from '../../../../core/recordings/index.ts';
import type { recordingOut } from '../schemas/recording.ts';

export function presentRecording(
  recording: RecordingWithLink,
  callId: string,
  publicUrl: string,
): z.input<typeof recordingOut> {
  const audioUrl = `${publicUrl}/calls/${callId}/recording/audio`;
  return {
    state: recording.state,
    started_at: recording.startedAt.toISOString(),
    duration: recording.durationMs / 1_000,
    size: recording.sizeBytes,
    sample_rate: recording.sampleRate,
    missing: recording.missing.map(({ from, to, reason }) => ({
      from: new Date(from).toISOString(),
      to: new Date(to).toISOString(),
      reason,
    })),
    url: `${audioUrl}?${recording.link.query}`,
    mono_url: `${audioUrl}?${recording.link.query}&layout=mono`,
    url_expires_at: recording.link.expiresAt.toISOString(),
    deleted_at: recording.expiresAt?.toISOString() ?? null,
  };
}
