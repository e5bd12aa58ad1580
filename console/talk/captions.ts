import type { Room } from 'livekit-client';

export interface Caption {
  readonly id: string;
  readonly who: 'agent' | 'you';
  readonly text: string;
  readonly final: boolean;
}

/** Keeps one line per spoken segment; later text of a segment replaces or extends the earlier. */
export function withCaption(captions: readonly Caption[], next: Caption): readonly Caption[] {
  const index = captions.findIndex((caption) => caption.id === next.id);
  if (index === -1) return next.text.trim() === '' ? captions : [...captions, next];
  return captions.map((caption, position) => (position === index ? next : caption));
}

/** Follows the transcription streams of both sides (LiveKit topic `lk.transcription`). */
export function followTranscription(room: Room, onCaption: (caption: Caption) => void): void {
  room.registerTextStreamHandler('lk.transcription', async (reader, participant) => {
    const attributes = reader.info.attributes ?? {};
    const id = attributes['lk.segment_id'] ?? reader.info.id;
    const who = participant.identity === room.localParticipant.identity ? 'you' : 'agent';
    let text = '';
    try {
      for await (const chunk of reader) {
        text += chunk;
        onCaption({ id, who, text, final: false });
      }
    } catch {
      // A stream cut off by an interruption or the end of the call: what was received stands.
    }
    // The agent's stream ends with its sentence; a visitor's words come again with every interim result.
    onCaption({ id, who, text, final: who === 'agent' || attributes['lk.transcription_final'] === 'true' });
  });
}
