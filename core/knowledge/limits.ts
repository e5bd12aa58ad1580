/** What an agent's knowledge may hold. Kept in docs/wire/operator.md too. */
export const limits = {
  fileBytes: 20 * 1024 * 1024,
  filesPerUpload: 10,
  filesPerAgent: 200,
  /** Text of one file, in characters. */
  textLength: 10_000_000,
  passagesPerFile: 20_000,
  queryLength: 2_000,
} as const;
