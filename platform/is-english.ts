/** Whether a BCP 47 tag (`en`, `en-GB`) names the one language that what runs here without a key knows. */
export const isEnglish = (language: string): boolean => /^en\b/i.test(language);
