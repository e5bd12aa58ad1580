import type { tts } from '@livekit/agents';
import type { AudioFrame } from '@livekit/rtc-node';
import { joinFrames, trimLead } from './frames.ts';

/** About four minutes of speech. */
const cacheLimitBytes = 12_000_000;
const renderTimeoutMs = 8_000;

/** Whoever speaks, and under which name its words are kept. */
export interface Speaker {
  readonly tts: tts.TTS;
  voiceKey(): string;
}

const words = {
  en: {
    failed: 'I am sorry, I have a technical problem. Please call again later. Goodbye.',
    again: 'Sorry, I did not catch that. Could you say it again?',
    slow: 'Sorry, that took me too long. Could you say that again?',
    moment: 'One moment, please.',
    restart: 'Sorry, once more:',
    back: 'Sorry, I lost you for a second.',
    timeUp: 'I am sorry, our time is up. Thank you for calling. Goodbye.',
    stopped: 'I am sorry, I have to end this call now. Please call again. Goodbye.',
    bye: 'Thank you for calling. Goodbye.',
  },
  de: {
    failed: 'Entschuldigung, ich habe ein technisches Problem. Bitte rufen Sie später wieder an.',
    again: 'Entschuldigung, das habe ich nicht verstanden. Könnten Sie das wiederholen?',
    slow: 'Entschuldigung, das hat zu lange gedauert. Könnten Sie das wiederholen?',
    moment: 'Einen Moment, bitte.',
    restart: 'Entschuldigung, noch einmal:',
    back: 'Entschuldigung, ich war kurz weg.',
    timeUp: 'Unsere Zeit ist leider um. Vielen Dank für Ihren Anruf. Auf Wiederhören.',
    stopped: 'Ich muss dieses Gespräch leider beenden. Bitte rufen Sie wieder an.',
    bye: 'Vielen Dank für Ihren Anruf. Auf Wiederhören.',
  },
  es: {
    failed: 'Lo siento, tengo un problema técnico. Por favor, llame más tarde.',
    again: 'Perdón, no le he entendido. ¿Puede repetirlo?',
    slow: 'Perdón, he tardado demasiado. ¿Puede repetirlo?',
    moment: 'Un momento, por favor.',
    restart: 'Perdón, otra vez:',
    back: 'Perdón, se cortó un segundo.',
    timeUp: 'Lo siento, se acabó el tiempo. Gracias por llamar. Adiós.',
    stopped: 'Lo siento, tengo que terminar la llamada. Por favor, llame de nuevo.',
    bye: 'Gracias por llamar. Adiós.',
  },
  fr: {
    failed: 'Désolé, je rencontre un problème technique. Veuillez rappeler plus tard.',
    again: "Pardon, je n'ai pas compris. Pouvez-vous répéter ?",
    slow: "Désolé, j'ai été trop long. Pouvez-vous répéter ?",
    moment: 'Un instant, je vous prie.',
    restart: 'Pardon, je reprends :',
    back: 'Pardon, la ligne a coupé un instant.',
    timeUp: 'Désolé, le temps est écoulé. Merci de votre appel. Au revoir.',
    stopped: 'Désolé, je dois terminer cet appel. Veuillez rappeler.',
    bye: 'Merci de votre appel. Au revoir.',
  },
} as const;

export type PhraseName = keyof (typeof words)['en'];

/** What the agent says without a language model, in the language of the call (English when there is no translation). */
export function phrase(name: PhraseName, language: string): string {
  const base = language.slice(0, 2).toLowerCase();
  return (words[base as keyof typeof words] ?? words.en)[name];
}

/** Speech rendered ahead of its use, remembered per voice: the second call with the same greeting has it at once. */
export class PhraseCache {
  readonly #rendered = new Map<string, Promise<Int16Array>>();
  readonly #sizes = new Map<string, number>();

  /** Samples at the output rate. Rejects when the synthesiser fails or takes longer than 8 s. */
  render(speaker: Speaker, text: string): Promise<Int16Array> {
    const voice = speaker.voiceKey();
    const key = `${voice}|${text}`;
    const known = this.#rendered.get(key);
    if (known) {
      this.#rendered.delete(key);
      this.#rendered.set(key, known);
      return known;
    }
    const rendering = synthesise(speaker.tts, text);
    this.#rendered.set(key, rendering);
    rendering.then(
      (samples) => {
        // Another voice has stepped in: its words are not kept under the name of the one that failed.
        if (speaker.voiceKey() !== voice) this.#rendered.delete(key);
        else this.#sizes.set(key, samples.byteLength);
        this.#trim();
      },
      () => this.#rendered.delete(key),
    );
    return rendering;
  }

  #trim(): void {
    let total = [...this.#sizes.values()].reduce((sum, size) => sum + size, 0);
    for (const key of this.#rendered.keys()) {
      if (total <= cacheLimitBytes) return;
      total -= this.#sizes.get(key) ?? 0;
      this.#sizes.delete(key);
      this.#rendered.delete(key);
    }
  }
}

async function synthesise(speaker: tts.TTS, text: string): Promise<Int16Array> {
  const frames: AudioFrame[] = [];
  const stream = speaker.synthesize(text);
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    stream.close();
  }, renderTimeoutMs);
  try {
    for await (const part of stream) frames.push(part.frame);
  } finally {
    clearTimeout(timer);
    stream.close();
  }
  // Half of the words is not the words.
  if (isLate) throw new Error('The synthesiser took too long.');
  const samples = trimLead(joinFrames(frames));
  if (samples.length === 0) throw new Error('The synthesiser returned no audio.');
  return samples;
}
