import { type Encoding, plainEncoding } from '../../audio/encoding.ts';
import { type Mp3Kbps, mp3Encoding } from '../../audio/mp3.ts';
import { floatToMulaw } from '../../audio/mulaw.ts';
import { floatToPcm16 } from '../../audio/pcm.ts';
import { Fault } from '../../http/fault.ts';

export interface OutputFormat {
  readonly contentType: string;
  /** Begins one stream of it. */
  readonly begin: () => Promise<Encoding>;
}

const mp3Kbps: Readonly<Record<number, readonly Mp3Kbps[]>> = {
  22050: [32],
  24000: [48],
  44100: [32, 64, 96, 128, 192],
};

/**
 * Reads `output_format` (`mp3_<rate>_<kbps>`, the vendor's default, `pcm_<rate>`, `ulaw_8000`). Throws a Fault for
 * others.
 */
export function outputFormat(query: URLSearchParams): OutputFormat {
  const name = query.get('output_format') ?? 'mp3_44100_128';
  const [, kind, rate, bits] = /^(mp3|pcm|ulaw)_(\d+)(?:_(\d+))?$/.exec(name) ?? [];
  const sampleRate = Number(rate);
  if (kind === 'mp3') {
    const kbps = mp3Kbps[sampleRate]?.find((offered) => offered === Number(bits));
    if (kbps) return { contentType: 'audio/mpeg', begin: () => mp3Encoding(sampleRate, kbps) };
  }
  if (kind === 'pcm' && bits === undefined && sampleRate >= 8_000 && sampleRate <= 48_000)
    return {
      contentType: `audio/pcm;rate=${sampleRate}`,
      begin: async () => plainEncoding(floatToPcm16, sampleRate),
    };
  if (kind === 'ulaw' && bits === undefined && sampleRate === 8_000)
    return { contentType: 'audio/basic', begin: async () => plainEncoding(floatToMulaw, sampleRate) };
  throw new Fault(
    400,
    'invalid_output_format',
    `The local voice makes mp3_22050_32, mp3_24000_48, mp3_44100_32 to mp3_44100_192, pcm_8000 to pcm_48000 and ulaw_8000, not output_format=${name}.`,
    'output_format',
  );
}
