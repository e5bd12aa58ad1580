/** Words only: what a recogniser or a model adds in case and punctuation does not count. */
const bare = (text: string): string =>
  ` ${text
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()} `;

/** The first of the agent's end-call phrases that a text has in it as whole words. Pure. */
export function endPhraseIn(text: string, phrases: readonly string[]): string | undefined {
  const said = bare(text);
  return phrases.find((phrase) => bare(phrase).trim() !== '' && said.includes(bare(phrase)));
}
