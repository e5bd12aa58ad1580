/** What an uploaded list may be. Kept in docs/wire/operator.md too. */
export const listLimits = {
  fileBytes: 1024 ** 3,
  columns: 200,
  /** Characters of one cell that is kept: what a variable may hold. */
  cellLength: 5_000,
  /** Bytes of one row; a quote that is never closed makes the rest of the file one cell. */
  rowBytes: 1024 ** 2,
  /** Rows of the preview. */
  previewRows: 20,
  /** Bytes that encoding, delimiter and header are read from. */
  sampleBytes: 256 * 1024,
} as const;
