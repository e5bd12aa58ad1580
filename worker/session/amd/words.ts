export type HintKind = 'voicemail' | 'ivr' | 'screening' | 'human';

export interface Hint {
  readonly kind: HintKind;
  /** The words that gave it away. */
  readonly words: string;
  /** No person says it: it counts even when a person seemed to be there already. */
  readonly certain: boolean;
}

/** Lower case, no accents, no punctuation, one space: recognisers differ in all of these. */
const normalise = (text: string): string =>
  text
    .toLowerCase()
    .normalize('NFD')
    .replaceAll(/\p{Diacritic}/gu, '')
    .replaceAll(/[’']/g, '')
    .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();

type Rules = Readonly<Record<HintKind, RegExp>> & {
  readonly certain: RegExp;
  /** Only somebody who is there says it, whatever else they say. */
  readonly present?: RegExp;
};

/** Written for normalised text. Common greetings of carriers and phones, and what people say into their mailboxes. */
const rules: Readonly<Record<string, Rules>> = {
  en: {
    screening:
      /(say|state|record|give|tell me) your name|reason for (your call|calling|the call)|why youre calling|why you are calling|call screening|screening (service|your call|this call)|see if (this person|they|he|she) (is|are) available|before (i|we) (try to )?connect you|using a (call )?(assistant|screening)/,
    voicemail:
      /leave (me |us |him |her |them )?(a |an |your |the )?(brief |short |detailed |quick )?((voice )?message|name and (phone )?number|number and)|(after|at|until) the (tone|beep|signal)|voice ?mail|mail ?box|answering (machine|service)|record (a |your )message|(cant|cannot|can not|unable to|not able to|couldnt) (take|answer|come|get|pick)|(is|are|am|im) (currently |not |away |un)(available|away from)|not available (right now|at the moment|to take)|unavailable|(get|call|calling|come) (right )?back to you|(return|reach) your call|call you (right )?back|(number|customer|subscriber) you (have )?(dialed|dialled|called)|not in service|(youve|you have) (just )?reached the (voice|mail)\w*|forwarded to/,
    ivr: /press (or say )?(\d|one|two|three|four|five|six|seven|eight|nine|zero|star|pound|hash|the)|say or press|main menu|menu (options|has|have)|listen (closely|carefully) (as|to|because)|para espanol|dial by name|enter (your|the) |if you know (your|the) (party|extension)|your call (is important|may be (recorded|monitored)|is being|will be answered)|(representatives|agents|operators) are (currently )?(busy|assisting|helping)|next available (agent|representative)|(hours of operation|office hours) are/,
    human:
      /^(hello|hi|hey|yes|yeah|yep|good (morning|afternoon|evening)|speaking)\b|\bspeaking\b|how (can|may) i (help|direct|assist)|whos (this|calling|there)|who is (this|calling)|can i help you|what do you want|hold on/,
    present:
      /(can|may|could|shall) i take (a |your )?message|would you like to leave|can i put you on hold|can you hold|(hang|hold) on (a|one|just)/,
    certain:
      /press (or say )?(\d|one|two|three|four|five|star|pound)|say or press|main menu|menu options|(after|at) the (tone|beep)|voice ?mail|mail ?box|record (a |your )message|answering machine|not in service/,
  },
  de: {
    screening: /(nennen|sagen) sie (bitte )?(ihren|mir ihren) namen|grund (ihres|fur (den|ihren)) anruf/,
    voicemail:
      /nach dem (signal|ton|piep)|nachricht (nach|hinterlassen|auf)|hinterlassen sie|mailbox|anrufbeantworter|(zurzeit|derzeit|momentan|im moment|gerade) (leider )?nicht (erreichbar|verfugbar|zu erreichen|da)|nicht erreichbar|rufe? (ich )?(sie )?(so bald|umgehend|gerne )?.{0,20}zuruck|teilnehmer ist|kein anschluss/,
    ivr: /drucken sie|wahlen sie (die|eine|\d)|hauptmenu|fur .{1,30} die (eins|zwei|drei|\d)|alle (unsere )?(mitarbeiter|leitungen)|bleiben sie (bitte )?(in der leitung|am apparat)/,
    human:
      /^(hallo|ja|guten (tag|morgen|abend)|moin|servus)\b|was kann ich fur sie|wer ist (da|dran)|am apparat/,
    certain: /nach dem (signal|ton|piep)|mailbox|anrufbeantworter|kein anschluss/,
  },
  es: {
    screening: /(diga|indique|grabe) su nombre|motivo de (su|la) llamada/,
    voicemail:
      /(deje|dejar) (un|su|el) mensaje|despues (del|de la) (tono|senal)|buzon( de voz)?|contestador|no (se encuentra|esta) disponible|no (puedo|podemos) (atender|contestar)|devolver(e|emos) (la|su) llamada|numero (que )?(usted )?ha marcado/,
    ivr: /(oprima|pulse|marque|presione) (el |la )?(\d|uno|dos|tres|cuatro|cinco|numeral)|menu principal|para ventas|nuestros agentes/,
    human:
      /^(hola|si|bueno|diga(me)?|alo|buen(os|as) (dias|tardes|noches))\b|en que puedo ayudar|quien (habla|es)/,
    certain: /despues (del|de la) (tono|senal)|buzon|contestador/,
  },
  fr: {
    screening: /(dites|indiquez|enregistrez) votre nom|raison de votre appel|motif de votre appel/,
    voicemail:
      /laisse[rz] (moi |nous )?(un|votre) message|apres le (bip|signal)|messagerie|repondeur|(nest|ne suis|ne sommes|nes?t) pas (disponible|joignable)|ne (peux|pouvons) pas (vous )?repondre|(je vous|nous vous) rappel|correspondant/,
    ivr: /(tapez|appuyez sur|composez) (la touche |le )?(\d|un|deux|trois|quatre|cinq|etoile|diese)|menu principal|nos conseillers/,
    human: /^(allo|oui|bonjour|bonsoir)\b|puis je vous aider|qui est a lappareil/,
    certain: /apres le (bip|signal)|messagerie|repondeur/,
  },
};

/**
 * What the first words of whoever answered tell about them, strongest first. English is looked for in every language:
 * carriers announce in it everywhere.
 */
export function hintsIn(text: string, language: string): Hint[] {
  const words = normalise(text);
  const own = rules[language.slice(0, 2).toLowerCase()];
  const all = [own, own === rules.en ? undefined : rules.en].filter((one) => one !== undefined);
  const isPresent = all.some((rule) => rule.present?.test(words) && !rule.certain.test(words));
  if (isPresent) return [{ kind: 'human', words, certain: true }];
  return (['screening', 'voicemail', 'ivr', 'human'] as const).flatMap((kind) => {
    for (const rule of all) {
      const found = rule[kind].exec(words)?.[0];
      if (found !== undefined) return { kind, words: found.trim(), certain: rule.certain.test(words) };
    }
    return [];
  });
}
