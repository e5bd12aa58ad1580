/** What is said around a transfer, in the language of the call (English when there is no translation). */

interface Words {
  /** @param tail the last digits of the caller's number, spaced; null: unknown */
  readonly intro: (agent: string, tail: string | null) => string;
  readonly said: (quote: string) => string;
  readonly ask: string;
  readonly again: string;
  readonly connecting: string;
  readonly goodbye: string;
}

const words: Record<'en' | 'de' | 'es' | 'fr', Words> = {
  en: {
    intro: (agent, tail) =>
      `Hello, this is ${agent}, an automatic assistant. I have a caller for you${tail ? `, number ending in ${tail}` : ''}.`,
    said: (quote) => `The caller said: ${quote}`,
    ask: 'Press 1 or say yes to take the call. Press 2 or say no to decline.',
    again: 'Do you want to take the call? Press 1 for yes, or 2 for no.',
    connecting: 'Thank you. I am connecting you now.',
    goodbye: 'All right. Goodbye.',
  },
  de: {
    intro: (agent, tail) =>
      `Hallo, hier ist ${agent}, ein automatischer Assistent. Ich habe einen Anruf für Sie${tail ? `, Nummer mit den Endziffern ${tail}` : ''}.`,
    said: (quote) => `Gesagt wurde: ${quote}`,
    ask: 'Drücken Sie die 1 oder sagen Sie ja, um den Anruf anzunehmen, oder die 2 oder nein, um abzulehnen.',
    again: 'Möchten Sie den Anruf annehmen? Die 1 für ja, die 2 für nein.',
    connecting: 'Danke. Ich verbinde Sie jetzt.',
    goodbye: 'In Ordnung. Auf Wiederhören.',
  },
  es: {
    intro: (agent, tail) =>
      `Hola, soy ${agent}, un asistente automático. Tengo una llamada para usted${tail ? `, del número que termina en ${tail}` : ''}.`,
    said: (quote) => `La persona dijo: ${quote}`,
    ask: 'Pulse 1 o diga sí para aceptar la llamada. Pulse 2 o diga no para rechazarla.',
    again: '¿Quiere aceptar la llamada? Pulse 1 para sí o 2 para no.',
    connecting: 'Gracias. Le paso la llamada.',
    goodbye: 'De acuerdo. Adiós.',
  },
  fr: {
    intro: (agent, tail) =>
      `Bonjour, ici ${agent}, un assistant automatique. J'ai un appel pour vous${tail ? `, du numéro se terminant par ${tail}` : ''}.`,
    said: (quote) => `La personne a dit : ${quote}`,
    ask: "Appuyez sur 1 ou dites oui pour prendre l'appel. Appuyez sur 2 ou dites non pour refuser.",
    again: "Voulez-vous prendre l'appel ? 1 pour oui, 2 pour non.",
    connecting: 'Merci. Je vous mets en relation.',
    goodbye: "D'accord. Au revoir.",
  },
};

export const transferWords = (language: string): Words =>
  words[language.slice(0, 2).toLowerCase() as keyof typeof words] ?? words.en;

/** The last four digits, one by one, as one reads them out. */
export function tailOf(number: string | null): string | null {
  const digits = number?.replaceAll(/\D/g, '') ?? '';
  return digits.length < 4 ? null : [...digits.slice(-4)].join(' ');
}
