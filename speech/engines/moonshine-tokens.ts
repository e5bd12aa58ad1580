/**
 * Turns Moonshine's `tokenizer.bin` into the `tokens.txt` sherpa-onnx reads: base64 of the token, tab, id.
 * Each entry is a length (one byte, or two when the first has its high bit set: low seven bits plus 128 times
 * the second) and that many bytes. Throws when the file is cut short.
 */
export function moonshineTokens(binary: Uint8Array): string {
  const lines: string[] = [];
  let at = 0;
  while (at < binary.length) {
    const first = binary[at++] ?? 0;
    const length = first < 0x80 ? first : (first & 0x7f) + 128 * (binary[at++] ?? 0);
    if (at + length > binary.length) throw new Error('The tokenizer file of Moonshine is cut short.');
    lines.push(`${Buffer.from(binary.subarray(at, at + length)).toString('base64')}\t${lines.length}\n`);
    at += length;
  }
  return lines.join('');
}
