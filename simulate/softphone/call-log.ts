import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeWav } from '../audio/wav.ts';
import type { Call } from './call.ts';
import type { Softphone } from './softphone.ts';

const TELEPHONE_HZ = 8_000;

/**
 * Writes down what a softphone went through: `sip.txt` with every message, and for every call its times,
 * speech segments, packets, and a stereo WAV (left: what it said, right: what it heard).
 */
export async function writeCallLog(folder: string, phone: Softphone): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'sip.txt'), wireText(phone));
  for (const [index, call] of phone.calls.entries()) {
    const name = `call-${index + 1}`;
    await writeFile(join(folder, `${name}.json`), `${JSON.stringify(summary(call), null, 2)}\n`);
    const channels = [call.media.said, heardInStep(call)];
    await writeWav(join(folder, `${name}.wav`), { channels, sampleRate: TELEPHONE_HZ });
  }
}

/** What was heard, moved so that both channels of the WAV share one clock. */
function heardInStep({ media }: Call): Int16Array {
  const { originMs, samples } = media.timeline;
  const lateMs = (originMs ?? 0) - (media.startedAt ?? originMs ?? 0);
  const late = Math.round(lateMs * (TELEPHONE_HZ / 1000));
  if (late <= 0) return samples.subarray(-late);
  const moved = new Int16Array(late + samples.length);
  moved.set(samples, late);
  return moved;
}

function summary(call: Call) {
  const { timeline, packetsSent, strayPackets, remote } = call.media;
  return {
    callId: call.callId,
    with: call.dialog.remoteUri,
    answeredAt: call.answeredAt ?? null,
    end: call.end ?? null,
    digits: call.digits,
    heardFrom: timeline.originMs ?? null,
    speech: call.speechSegments(),
    packets: {
      sent: packetsSent,
      received: timeline.packetsReceived,
      lost: timeline.packetsLost,
      stray: strayPackets,
    },
    remote: remote ?? null,
  };
}

function wireText({ wire }: Softphone): string {
  return wire
    .map(({ atMs, direction, peer, text }) => {
      const arrow = direction === 'sent' ? '>>>' : '<<<';
      return `${atMs.toFixed(1)} ${arrow} ${peer.host}:${peer.port}\n${text}`;
    })
    .join('\n');
}
