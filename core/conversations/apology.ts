const words: Readonly<Record<string, string>> = {
  en: 'Sorry, I could not answer that. Could you put it another way?',
  de: 'Entschuldigung, darauf konnte ich nicht antworten. Können Sie es anders sagen?',
  es: 'Perdón, no he podido responder a eso. ¿Puede decirlo de otra manera?',
  fr: "Pardon, je n'ai pas pu répondre. Pouvez-vous le dire autrement ?",
};

/** What an agent writes when its model has written nothing. */
export const apology = (language: string): string =>
  words[language.slice(0, 2).toLowerCase()] ?? words.en ?? '';
