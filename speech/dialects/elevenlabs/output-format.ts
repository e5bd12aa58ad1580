import { floatToMulaw } from '../../audio/mulaw.ts';
import { floatToPcm16 } from '../../audio/pcm.ts';
import { resample } from '../../audio/resample.ts';
import { Fault } from '../../http/fault.ts';

export interface OutputFormat {
  readonly sampleRate: number;
  readonly contentType: string;
  readonly encode: (samples: Float32Array, fromRate: number) => Buffer;
}

/** Reads `output_format` (`pcm_<rate>`, `ulaw_8000`). Throws a Fault for MP3 and Opus, the vendor's default too. */
export function outputFormat(query: URLSearchParams): OutputFormat {
  const name = query.get('output_format') ?? 'mp3_44100_128';
  const [, kind, digits] = /^(pcm|ulaw)_(\d+)$/.exec(name) ?? [];
  const sampleRate = Number(digits);
  const isKnown =
    kind === 'pcm' ? sampleRate >= 8_000 && sampleRate <= 48_000 : kind === 'ulaw' && sampleRate === 8_000;
  if (!isKnown)
    throw new Fault(
      400,
      'invalid_output_format',
      `The local voice makes pcm_8000 to pcm_48000 and ulaw_8000, not output_format=${name}.`,
      'output_format',
    );
  const toBytes = kind === 'ulaw' ? floatToMulaw : floatToPcm16;
  return {
    sampleRate,
    contentType: kind === 'ulaw' ? 'audio/basic' : `audio/pcm;rate=${sampleRate}`,
    encode: (samples, fromRate) => toBytes(resample(samples, fromRate, sampleRate)),
  };
}
