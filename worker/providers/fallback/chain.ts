import { payeeAt } from '../choices.ts';
import type { ProviderFault, ProviderSource } from '../fault.ts';
import { wordsOfRefusal } from '../refusals.ts';

/** One provider of a stage, and how to get a plugin that talks to it. */
export interface Member<P> {
  readonly provider: string;
  /** Provider and model, for people. */
  readonly label: string;
  /** Who does the work in the end and is paid for it, where that is not the provider's own service with that model. */
  readonly paid?: { readonly to: string; readonly model?: string };
  /**
   * A fresh plugin, with nothing of an earlier one's connections. `onWriting`: a language model is at work on something
   * that it hands out when it is complete.
   */
  readonly make: (onWriting?: () => void) => P;
}

export interface ChainHooks {
  readonly onFault: (fault: ProviderFault) => void;
  readonly onSwitch: (change: {
    readonly source: ProviderSource;
    readonly from: string;
    readonly to: string;
    readonly reason: string;
  }) => void;
  /** Nobody of the stage does its work any more. */
  readonly onExhausted: (source: ProviderSource, last: ProviderFault) => void;
}

/**
 * The providers of one stage in one call, and which of them is in charge. Whoever answers in another's place stays in
 * charge until it fails itself; after the last comes the first again. One that refuses the key or the model is left
 * out.
 */
export class Chain<P> {
  readonly source: ProviderSource;
  readonly #members: readonly [Member<P>, ...Member<P>[]];
  readonly #hooks: ChainHooks;
  readonly #refused = new Set<Member<P>>();
  #current: Member<P>;
  #last: ProviderFault | undefined;

  constructor(source: ProviderSource, members: readonly [Member<P>, ...Member<P>[]], hooks: ChainHooks) {
    this.source = source;
    this.#members = members;
    this.#hooks = hooks;
    this.#current = members[0];
  }

  get current(): Member<P> {
    return this.#current;
  }

  /** Every provider has refused; trying again is of no use. */
  get isRefused(): boolean {
    return this.#refused.size === this.#members.length;
  }

  /** Who is to be tried when this one fails: another one if there is, else the same. */
  after(member: Member<P>): Member<P> {
    const at = this.#members.indexOf(member);
    const others = [...this.#members.slice(at + 1), ...this.#members.slice(0, at)];
    return others.find((other) => !this.#refused.has(other)) ?? member;
  }

  hasOther(member: Member<P>): boolean {
    return this.after(member) !== member;
  }

  fault(member: Member<P>, said: string): void {
    const status = statusIn(said);
    const refused = isRefusal(status);
    if (refused) this.#refused.add(member);
    const { provider } = member;
    const words = wordsOfRefusal((host) => payeeAt(`wss://${host}`, provider) === payeeOf(member), status);
    const message = words === undefined || said.includes(words) ? said : `${said}: ${words}`;
    this.#last = { source: this.source, provider, message, recoverable: true, refused };
    this.#hooks.onFault(this.#last);
  }

  /** This one did the work; from now on it is asked first. */
  answered(member: Member<P>): void {
    if (member === this.#current) return;
    const from = this.#current.label;
    this.#current = member;
    const reason = this.#last?.message ?? '';
    this.#hooks.onSwitch({ source: this.source, from, to: member.label, reason });
  }

  exhausted(): void {
    const { provider } = this.#current;
    const message = 'No answer.';
    this.#hooks.onExhausted(
      this.source,
      this.#last ?? { source: this.source, provider, message, recoverable: false, refused: false },
    );
  }
}

/** The words by which the work of a member is counted. */
export const payeeOf = ({ provider, paid }: Member<unknown>): string => paid?.to ?? provider;
export const paidModelOf = ({ provider, label, paid }: Member<unknown>): string =>
  paid?.model ?? label.slice(provider.length + 1);

/** Plugins report a status only in words: "Unexpected server response: 401", "401 Incorrect API key provided". */
const statusIn = (message: string): number =>
  Number(
    /(?:response|status(?: code)?|error)\D{0,12}\b([45]\d\d)\b/i.exec(message)?.[1] ??
      /^\s*([45]\d\d)\b/.exec(message)?.[1] ??
      -1,
  );

const isRefusal = (status: number): boolean =>
  status >= 400 && status < 500 && ![408, 425, 429].includes(status);
