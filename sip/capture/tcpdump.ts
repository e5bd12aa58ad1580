import { spawn } from 'node:child_process';
import { inheritedEnv } from '../../platform/config.ts';
import { CallFilter } from './call-filter.ts';
import { readPcap } from './pcap.ts';

/** Where livekit-sip of this machine talks. */
export interface SipPlace {
  readonly host: string;
  readonly port: number;
  /** `first-last`. */
  readonly rtpPorts: string;
}

export interface CaptureLimits {
  /** For the call to come. */
  readonly waitMs: number;
  /** From its first packet. */
  readonly lastsMs: number;
  readonly sizeBytes: number;
}

export interface Captured {
  /** A pcap file with the packets of one call. */
  readonly file: Buffer;
  readonly sipCallId: string;
  /** Why it is not the whole of the call, in words; '' when it is. */
  readonly cut: string;
}

/** Why nothing was captured, in words for an operator. */
export class CaptureError extends Error {
  override readonly name = 'CaptureError';
}

const program = 'tcpdump';
const openTimeoutMs = 5_000;
/** The last answers come after the hang-up. */
const tailMs = 1_000;
/** A phone that rings is called off, which takes as long as nobody answers that. */
const legTailMs = 35_000;
const none = 'No call came in or went out over the number in time.';

/** Why packets cannot be captured on this machine; null: they can. Opens the device and lets it go at once. */
export async function whyNoCapture(place: SipPlace): Promise<string | null> {
  const stop = new AbortController();
  try {
    await openCapture(place, stop.signal);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    stop.abort();
  }
}

/**
 * Waits for the next call of a number and keeps its packets, and no others, up to the limits. What passes is read from
 * the program's output and never lies on a disk. Throws CaptureError when there is nothing to keep.
 */
export async function captureCall(
  place: SipPlace,
  { number, limits, onListening }: { number: string; limits: CaptureLimits; onListening?: () => void },
): Promise<Captured> {
  const stop = new AbortController();
  let timer = setTimeout(() => stop.abort(), limits.waitMs);
  const filter = new CallFilter(number);
  const parts: Buffer[] = [];
  let [size, cut] = [0, ''];
  try {
    const output = await openCapture(place, stop.signal);
    onListening?.();
    const keep = (bytes: Buffer) => {
      // A copy: the bytes around it are other people's calls.
      parts.push(Buffer.from(bytes));
      size += bytes.length;
    };
    const end = (afterMs: number, reason: string) => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        cut = reason;
        stop.abort();
      }, afterMs);
    };
    let [hungUp, ending] = [false, false];
    for await (const { bytes, packet } of readPcap(output, keep)) {
      const wasWaiting = filter.callId === null;
      if (!packet || !filter.takes(packet)) continue;
      if (wasWaiting) {
        end(limits.lastsMs, 'It was ended after the longest time for a capture; the call went on.');
      }
      if (size + bytes.length > limits.sizeBytes) {
        cut = 'It was ended at the largest size for a capture; the call went on.';
        break;
      }
      keep(bytes);
      if (filter.isHungUp && !hungUp) {
        hungUp = true;
        end(legTailMs, 'The other leg of its transfer did not end in time.');
      }
      if (filter.isOver && !ending) {
        ending = true;
        end(tailMs, '');
      }
    }
  } finally {
    clearTimeout(timer);
    stop.abort();
  }
  if (filter.callId === null) throw new CaptureError(none);
  return { file: Buffer.concat(parts), sipCallId: filter.callId, cut };
}

/** The program's output, once it listens; it ends with the signal. Throws CaptureError when it cannot listen. */
async function openCapture(
  { host, port, rtpPorts }: SipPlace,
  signal: AbortSignal,
): Promise<AsyncIterable<Buffer>> {
  const device = host === 'localhost' || host.startsWith('127.') ? 'lo' : 'any';
  const filter = `port ${port} or (udp and portrange ${rtpPorts})`;
  const child = spawn(program, ['-i', device, '-n', '-U', '-s', '0', '-w', '-', filter], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: inheritedEnv(),
  });
  const stop = () => child.kill('SIGTERM');
  signal.addEventListener('abort', stop, { once: true });
  let said = '';
  const listening = new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes('listening on')) resolve();
    });
    child.once('error', (error) => reject(new CaptureError(whyNot(said, error))));
    child.once('exit', () => reject(new CaptureError(whyNot(said))));
  });
  const late = setTimeout(stop, openTimeoutMs);
  try {
    await listening;
  } finally {
    clearTimeout(late);
  }
  if (signal.aborted) stop();
  return child.stdout;
}

function whyNot(said: string, error?: Error): string {
  if (error && 'code' in error && error.code === 'ENOENT')
    return 'tcpdump is not installed where livekit-sip runs: apt-get install tcpdump.';
  if (/permission|not permitted/i.test(said))
    return 'This user may not capture packets: run as root, or allow tcpdump with `setcap cap_net_raw,cap_net_admin+eip`.';
  return `tcpdump does not work here: ${said.trim().split('\n').at(-1) || (error?.message ?? 'it ended at once')}`;
}
