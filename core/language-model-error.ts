/** A language model did not do what it was asked. The message is for people: it says who and why. */
export class LanguageModelError extends Error {
  override readonly name = 'LanguageModelError';
}
