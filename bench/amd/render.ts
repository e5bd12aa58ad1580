import { resample } from '../../simulate/audio/resample.ts';
import { speak } from '../../simulate/audio/speak.ts';
import { decodeUlaw, encodeUlaw } from '../../simulate/audio/ulaw.ts';
import { joinSamples } from '../../worker/join-samples.ts';
import type { Script } from './scripts.ts';

const telephoneHertz = 8_000;
const rate = 16_000;
/** From the answer to the first word. */
const leadMs = 500;
/** A person waits; so does a mailbox. */
const tailMs = 6_000;

/** How a line changes what is said into it. */
export interface Line {
  readonly name: string;
  readonly gain: number;
  /** Level of white noise, in 16-bit samples. */
  readonly noise: number;
}

/** Over a G.711 telephone line, as the worker hears it at 16 kHz. */
export async function render(speechUrl: string, { parts }: Script, line: Line): Promise<Int16Array> {
  const pieces: Int16Array[] = [silence(leadMs)];
  for (const part of parts) {
    if (typeof part === 'number') pieces.push(silence(part));
    else if (typeof part === 'object') pieces.push(tone(part.beepHertz, part.ms));
    else {
      const { samples, sampleRate } = await speak({ speechUrl, text: part });
      pieces.push(resample(samples, sampleRate, telephoneHertz));
    }
  }
  pieces.push(silence(tailMs));
  const clean = joinSamples(pieces);
  const random = noise();
  const heard = clean.map((sample) =>
    Math.max(-32_768, Math.min(32_767, sample * line.gain + random() * line.noise)),
  );
  return resample(decodeUlaw(encodeUlaw(heard)), telephoneHertz, rate);
}

const silence = (ms: number): Int16Array => new Int16Array((telephoneHertz * ms) / 1_000);
const tone = (hertz: number, ms: number): Int16Array =>
  Int16Array.from(
    { length: (telephoneHertz * ms) / 1_000 },
    (_, at) => 8_000 * Math.sin((2 * Math.PI * hertz * at) / telephoneHertz),
  );

/** The same noise in every run: between -1 and 1. */
function noise(): () => number {
  let state = 7;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return state / 0x4000_0000 - 1;
  };
}
