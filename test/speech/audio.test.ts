import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { alawToFloat, floatToMulaw, mulawToFloat } from '../../speech/audio/mulaw.ts';
import { concatFloat, floatToPcm16, pcm16ToFloat } from '../../speech/audio/pcm.ts';
import { Resampler, resample } from '../../speech/audio/resample.ts';
import { AudioFormatError, readWav, wavHeader } from '../../speech/audio/wav.ts';
import { VoiceActivity } from '../../speech/listen/voice-activity.ts';

const tone = (hz: number, rate: number, ms: number, level = 0.5): Float32Array =>
  Float32Array.from(
    { length: Math.round((rate * ms) / 1_000) },
    (_, i) => level * Math.sin((2 * Math.PI * hz * i) / rate),
  );

const rms = (samples: Float32Array): number =>
  Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);

describe('companding', () => {
  test('a µ-law byte survives decoding and encoding', () => {
    const codes = Uint8Array.from({ length: 256 }, (_, code) => code);
    const again = floatToMulaw(mulawToFloat(codes));
    // 0x7f and 0xff both mean zero.
    for (const code of codes) expect(again[code]).toBe(code === 0x7f ? 0xff : code);
  });

  test('known values of G.711', () => {
    const [silence, loudest] = mulawToFloat(Uint8Array.of(0xff, 0x80));
    expect(silence).toBeCloseTo(0, 5);
    expect(loudest).toBeCloseTo(32_124 / 32_768, 5);
    const [positive, negative] = alawToFloat(Uint8Array.of(0xd5, 0x55));
    expect(positive).toBeCloseTo(8 / 32_768, 6);
    expect(negative).toBeCloseTo(-8 / 32_768, 6);
  });

  test('samples beyond full scale are clipped, not wrapped', () => {
    expect([...pcm16ToFloat(floatToPcm16(Float32Array.of(2, -2)))].map(Math.round)).toEqual([1, -1]);
  });
});

describe('resampling', () => {
  test.each([
    [22_050, 8_000],
    [22_050, 24_000],
    [22_050, 44_100],
    [8_000, 16_000],
    [48_000, 16_000],
    [44_100, 16_000],
  ])('%i to %i Hz keeps length, level and place of a tone', (from, to) => {
    const output = resample(tone(440, from, 500), from, to);
    expect(output.length).toBe(Math.round((Math.round(from / 2) * to) / from));
    const wanted = tone(440, to, 500);
    const middle = [Math.round(to * 0.1), Math.round(to * 0.4)] as const;
    const error = output.slice(...middle).map((sample, i) => sample - (wanted[middle[0] + i] ?? 0));
    expect(rms(error)).toBeLessThan(0.005);
  });

  test('what the lower rate cannot carry is gone, not folded back', () => {
    const output = resample(tone(6_000, 22_050, 500), 22_050, 8_000);
    expect(rms(output.slice(800, 3_200))).toBeLessThan(0.001);
  });

  test('piece by piece gives the same as at once', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 700 }), { minLength: 1, maxLength: 12 }), (sizes) => {
        const input = tone(300, 44_100, (sizes.reduce((a, b) => a + b, 0) * 1_000) / 44_100);
        const resampler = new Resampler(44_100, 16_000);
        let at = 0;
        const pieces = sizes.map((size) => {
          at += size;
          return resampler.push(input.slice(at - size, at));
        });
        const whole = concatFloat([...pieces, resampler.flush()]);
        expect(whole).toEqual(resample(input, 44_100, 16_000));
      }),
      { numRuns: 30 },
    );
  });
});

describe('WAV', () => {
  test('what is written is read', () => {
    const samples = tone(440, 8_000, 100);
    const pcm = floatToPcm16(samples);
    const read = readWav(Buffer.concat([wavHeader(8_000, pcm.length), pcm]));
    expect(read).toMatchObject({ sampleRate: 8_000, channels: 1 });
    expect(read.samples.length).toBe(samples.length);
  });

  test('garbage is refused with an AudioFormatError and nothing else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const file = Buffer.concat([Buffer.from('RIFF\0\0\0\0WAVE'), Buffer.from(bytes)]);
        try {
          readWav(file);
        } catch (error) {
          expect(error).toBeInstanceOf(AudioFormatError);
        }
      }),
    );
  });
});

describe('voice activity', () => {
  const frames = (samples: Float32Array): Float32Array[] =>
    Array.from({ length: Math.floor(samples.length / 320) }, (_, i) => samples.slice(i * 320, i * 320 + 320));
  // A fixed generator: the same noise in every run.
  const noise = (ms: number, level: number): Float32Array => {
    let seed = 42;
    return Float32Array.from({ length: ms * 16 }, () => {
      seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff;
      return (seed / 0x3fffffff - 1) * level;
    });
  };

  test('digital silence and faint noise are not voice', () => {
    const voice = new VoiceActivity();
    const heard = frames(concatFloat([new Float32Array(16_000), noise(1_000, 0.002)])).map((frame) =>
      voice.push(frame),
    );
    expect(heard.filter(Boolean)).toHaveLength(0);
  });

  test('a steady fan becomes background, a voice above it is still heard', () => {
    const voice = new VoiceActivity();
    for (const frame of frames(noise(4_000, 0.02))) voice.push(frame);
    expect(
      frames(noise(400, 0.02))
        .map((frame) => voice.push(frame))
        .filter(Boolean),
    ).toHaveLength(0);
    const spoken = frames(tone(220, 16_000, 300, 0.2)).map((frame) => voice.push(frame));
    expect(spoken.filter(Boolean).length).toBeGreaterThanOrEqual(14);
  });

  test('hum of the mains is not voice', () => {
    const voice = new VoiceActivity();
    const heard = frames(tone(50, 16_000, 1_000, 0.008)).map((frame) => voice.push(frame));
    expect(heard.filter(Boolean).length).toBeLessThanOrEqual(2);
  });
});
