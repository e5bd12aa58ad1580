/**
 * What of a body of `size` bytes is wanted: all (undefined), a range with both ends included, or what cannot be had.
 */
export type WantedRange = { readonly from: number; readonly to: number } | 'unsatisfiable' | undefined;

/**
 * Reads a `Range` header (RFC 9110, 14.2). Other units, several ranges and nonsense are answered with the whole, as the
 * standard allows; a range beyond the end cannot be satisfied.
 */
export function parseRange(header: string, size: number): WantedRange {
  const [, first = '', last = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header.trim()) ?? [];
  if (first === '' && last === '') return undefined;
  // `-500`: the last 500 bytes.
  if (first === '') return last === '0' || size === 0 ? 'unsatisfiable' : tail(Number(last), size);
  const from = Number(first);
  if (last !== '' && Number(last) < from) return undefined;
  if (from >= size) return 'unsatisfiable';
  return { from, to: last === '' ? size - 1 : Math.min(Number(last), size - 1) };
}

const tail = (bytes: number, size: number): WantedRange => ({
  from: Math.max(0, size - bytes),
  to: size - 1,
});
