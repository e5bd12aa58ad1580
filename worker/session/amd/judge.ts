import type { CallEventBody } from '../../../core/calls/events.ts';
import { type Hint, hintsIn } from './words.ts';

export type Verdict = Extract<CallEventBody, { type: 'amd.verdict' }>['verdict'];

export interface Judgement {
  readonly verdict: Verdict;
  readonly reasons: readonly string[];
}

/** People answer in a few words and wait. */
const shortMs = 2_500;
const pauseMs = 600;
/** Longer first words are waited for longer: a greeting takes breath before it goes on. */
const longPauseMs = 1_500;
/** So long after words that a person may say as well, they stand. */
const settledMs = 1_000;
/** How long a short word's transcript may take. */
const wordsMs = 1_200;
/** Nobody says so much without a pause to somebody whom they do not know yet. */
const breathlessMs = 4_000;
/**
 * But whether it is a mailbox or a menu its next words may say: they are waited for until it takes breath, or so long.
 */
const endlessMs = 7_000;
/** With the words of a person: a receptionist. */
const politeMs = 7_000;
/** So much in the first moments, with small pauses only. */
const monologueMs = 8_000;
const silenceMs = 8_000;
const undecidedMs = 16_000;
/** After this nothing changes the verdict any more. */
const lastWordMs = 40_000;

interface Utterance {
  readonly from: number;
  to: number | null;
}

/**
 * Who answered, from what is heard: words as they are recognised, how long they go on, tones, silence. A verdict of a
 * machine is final; one of a person is corrected by what only machines say or do. Pure; times in ms since the answer.
 */
export class Judge {
  readonly #language: string;
  readonly #utterances: Utterance[] = [];
  #finals = '';
  #interim = '';
  #wordsAt = 0;
  #tone: number | null = null;
  #last: Judgement | undefined;

  constructor(language: string) {
    this.#language = language;
  }

  get transcript(): string {
    return `${this.#finals} ${this.#interim}`.trim();
  }

  voice(active: boolean, at: number): void {
    if (active) this.#utterances.push({ from: at, to: null });
    else {
      const last = this.#utterances.at(-1);
      if (last) last.to = at;
    }
  }

  words(text: string, final: boolean, at: number): void {
    if (final) {
      this.#finals = `${this.#finals} ${text}`.trim();
      this.#interim = '';
      this.#wordsAt = at;
    } else this.#interim = text;
  }

  tone(hertz: number): void {
    this.#tone ??= hertz;
  }

  /** A new judgement, or one that corrects the last; undefined: nothing new. To be asked often. */
  ask(at: number): Judgement | undefined {
    if (this.#last?.verdict === 'machine' || at > lastWordMs) return undefined;
    const judgement = this.#last ? this.#correction() : this.#first(at);
    if (!judgement || judgement.verdict === this.#last?.verdict) return undefined;
    this.#last = judgement;
    return judgement;
  }

  #first(at: number): Judgement | undefined {
    const hints = this.#hints();
    const [strongest] = hints;
    if (this.#tone !== null) return this.#byTone(this.#tone);
    if (strongest && strongest.kind !== 'human') {
      const settled = strongest.certain || strongest.kind === 'screening' || this.#isDone(at);
      return settled || this.#isTooLong(at) ? byWords(strongest) : undefined;
    }
    const isPolite = strongest?.kind === 'human';
    return this.#byLength(at, isPolite) ?? this.#byAnswer(at, isPolite) ?? this.#byPatience(at);
  }

  /** A person who said hello may have been the first words of a recording. */
  #correction(): Judgement | undefined {
    const { verdict } = this.#last ?? {};
    // Menus and screening assistants beep as well.
    if (this.#tone !== null && (verdict === 'human' || verdict === 'uncertain'))
      return this.#byTone(this.#tone);
    const hint = this.#hints().find(({ kind }) => kind !== 'human');
    if (!hint) return undefined;
    const trusts = verdict === 'human' && !hint.certain && hint.kind !== 'screening';
    return trusts ? undefined : byWords(hint);
  }

  /** “She is not available right now” may go on with “can I take a message?”. */
  #isDone(at: number): boolean {
    const last = this.#utterances.at(-1);
    return last !== undefined && last.to !== null && at - last.to >= settledMs;
  }

  /** Someone who talks on and on, and says nothing that tells what they are. */
  #byLength(at: number, isPolite: boolean): Judgement | undefined {
    const { longest, total } = this.#lengths(at);
    if (longest >= (isPolite ? politeMs : breathlessMs) && (this.#isSaid(at) || longest >= endlessMs))
      return { verdict: 'machine', reasons: [`spoke for ${seconds(longest)} s without a pause`] };
    if (total < monologueMs || isPolite) return undefined;
    return { verdict: 'machine', reasons: [`spoke for ${seconds(total)} s and left no room for an answer`] };
  }

  /** For a person, who says such things too. */
  #isTooLong(at: number): boolean {
    const { longest, total } = this.#lengths(at);
    return longest >= breathlessMs || total >= monologueMs;
  }

  #lengths(at: number): { readonly longest: number; readonly total: number } {
    const all = this.#utterances.map(({ from, to }) => (to ?? at) - from);
    return { longest: Math.max(0, ...all), total: all.reduce((sum, length) => sum + length, 0) };
  }

  /** The last words are over, and known. */
  #isSaid(at: number): boolean {
    const to = this.#utterances.at(-1)?.to ?? null;
    return to !== null && (this.#wordsAt >= to || at - to >= wordsMs);
  }

  /** Someone who said something and waits. */
  #byAnswer(at: number, isPolite: boolean): Judgement | undefined {
    const [first] = this.#utterances;
    const last = this.#utterances.at(-1);
    if (!first || !last || last.to === null) return undefined;
    const [spoke, quiet] = [last.to - first.from, at - last.to];
    const isShort = spoke <= shortMs;
    if (quiet < (isShort || isPolite ? pauseMs : longPauseMs)) return undefined;
    // What was said decides, if it comes.
    if (this.#wordsAt < last.from && quiet < pauseMs + wordsMs) return undefined;
    const reasons = [`said ${isShort ? 'a few words' : `something for ${seconds(spoke)} s`} and waited`];
    return { verdict: 'human', reasons: isPolite ? [...reasons, 'with the words of a person'] : reasons };
  }

  #byPatience(at: number): Judgement | undefined {
    if (this.#utterances.length === 0 && at >= silenceMs)
      return { verdict: 'uncertain', reasons: [`nobody said anything for ${seconds(at)} s`] };
    return at >= undecidedMs ? { verdict: 'uncertain', reasons: ['nothing told them apart'] } : undefined;
  }

  #byTone(hertz: number): Judgement {
    return { verdict: 'machine', reasons: [`a tone of ${hertz} Hz`] };
  }

  #hints(): Hint[] {
    return hintsIn(this.transcript, this.#language);
  }
}

const byWords = ({ kind, words }: Hint): Judgement => ({
  verdict: kind === 'voicemail' ? 'machine' : (kind as 'ivr' | 'screening'),
  reasons: [`said “${words}”`],
});

const seconds = (ms: number): string => (ms / 1_000).toFixed(1);
