/**
 * Piper's ONNX files lack the metadata sherpa-onnx looks for. ModelProto.metadata_props is protobuf field 14
 * (repeated StringStringEntryProto), and a repeated field may be appended to the end of a serialized message,
 * so the entries are bytes to add to the file: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */
export function metadataEntries(entries: Readonly<Record<string, string>>): Buffer {
  return Buffer.concat(
    Object.entries(entries).map(([key, value]) =>
      lengthDelimited(14, Buffer.concat([text(1, key), text(2, value)])),
    ),
  );
}

export interface PiperConfig {
  readonly audio: { readonly sample_rate: number };
  readonly espeak: { readonly voice: string };
  readonly num_speakers: number;
  readonly language: { readonly name_english: string };
  readonly phoneme_id_map: Readonly<Record<string, readonly number[]>>;
}

/** The entries sherpa-onnx wants for a Piper voice, read from the voice's own JSON. */
export const piperMetadata = (config: PiperConfig): Record<string, string> => ({
  model_type: 'vits',
  comment: 'piper',
  language: config.language.name_english,
  voice: config.espeak.voice,
  has_espeak: '1',
  n_speakers: String(config.num_speakers),
  sample_rate: String(config.audio.sample_rate),
});

/** `tokens.txt` of a Piper voice: one phoneme and its id a line. */
export const piperTokens = (config: PiperConfig): string =>
  Object.entries(config.phoneme_id_map)
    .map(([phoneme, ids]) => `${phoneme} ${ids[0]}\n`)
    .join('');

const text = (field: number, value: string): Buffer => lengthDelimited(field, Buffer.from(value, 'utf8'));

function lengthDelimited(field: number, payload: Buffer): Buffer {
  return Buffer.concat([varint((field << 3) | 2), varint(payload.length), payload]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  bytes.push(rest);
  return Buffer.from(bytes);
}
