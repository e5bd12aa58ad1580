/** PostgreSQL's text search configurations (chapter 12.6), by ISO 639-1 code. */
const configs: Readonly<Record<string, string>> = {
  ...{ ar: 'arabic', hy: 'armenian', eu: 'basque', ca: 'catalan', da: 'danish', nl: 'dutch', en: 'english' },
  ...{ fi: 'finnish', fr: 'french', de: 'german', el: 'greek', hi: 'hindi', hu: 'hungarian' },
  ...{ id: 'indonesian', ga: 'irish', it: 'italian', lt: 'lithuanian', ne: 'nepali', no: 'norwegian' },
  ...{ nb: 'norwegian', nn: 'norwegian', pt: 'portuguese', ro: 'romanian', ru: 'russian', sr: 'serbian' },
  ...{ es: 'spanish', sv: 'swedish', ta: 'tamil', tr: 'turkish', yi: 'yiddish' },
};

/** The configuration for a BCP 47 tag; `simple` (words as they are) for languages PostgreSQL does not know. */
export const searchConfigOf = (language: string): string =>
  configs[language.toLowerCase().split(/[-_]/)[0] ?? ''] ?? 'simple';

/** Scripts that put no spaces between words. */
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
const words = new Intl.Segmenter(undefined, { granularity: 'word' });

/** A text as PostgreSQL's parser finds its words: it knows them by the spaces. */
export const spaced = (text: string): string =>
  unspaced.test(text) ? Array.from(words.segment(text), ({ segment }) => segment).join(' ') : text;
