/** What extraction makes of a file: its text in order, with what the layout meant. */
export type Block =
  | { readonly kind: 'heading'; readonly level: number; readonly text: string }
  | { readonly kind: 'text'; readonly text: string; readonly page?: number }
  /** Something that stands for itself, such as the row of a table: never joined with others. */
  | { readonly kind: 'row'; readonly text: string };

export interface Passage {
  readonly heading: string;
  readonly text: string;
  readonly page: number | null;
}

/** Why a file cannot be read, in words for whoever uploaded it. */
export class UnreadableFileError extends Error {
  override readonly name = 'UnreadableFileError';
}

/** One line: white space is one space, what PostgreSQL cannot store or nobody can see is gone. */
export const oneLine = (text: string): string =>
  text
    .replaceAll(/(?!\s)\p{Cc}|\p{Cs}|[\u00AD\u200B\u2060\uFEFF\uFFFD]/gu, '')
    .replaceAll(/\s+/g, ' ')
    .trim();
