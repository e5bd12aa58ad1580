/** What somebody who was asked "do you take the call?" has said. Pure. */

const accepts =
  /(?<!\p{L})(yes|yeah|yep|yup|sure|okay|ok|of course|absolutely|certainly|i('| wi)?ll take|take it|take the call|put (them|him|her|it) through|connect|go ahead|please do|ja|jawohl|gerne|klar|natürlich|sí|si|claro|vale|por supuesto|oui|d'accord|bien sûr|volontiers)(?!\p{L})/u;
const declines =
  /(?<!\p{L})(no|nope|nah|not now|not (a )?good|can'?t|cannot|can not|decline|busy|later|don'?t|do not|nein|nicht|keine zeit|später|ahora no|no puedo|non|pas maintenant)(?!\p{L})/u;
/** A no only in its letters. */
const noObjection = /(?<!\p{L})(no (problem|worries)|(don't|do not) mind|no hay problema)(?!\p{L})/gu;
const machine =
  /(?<!\p{L})(leave (me |us )?(a|your) (message|name)|after the (tone|beep|signal)|voice ?mail|mailbox|not available|unavailable|can(no|')?t (come|get) to the phone|nach dem (ton|signal|piep)|hinterlassen sie|mailbox|anrufbeantworter|después de la señal|deje (su|un) mensaje|buzón|après le (bip|signal)|laissez (un|votre) message|messagerie)(?!\p{L})/u;

export type Decision = 'accepted' | 'declined' | 'voicemail';

/** Undefined: neither. A no counts more than a yes: nobody is put through against their will. */
export function decisionIn(text: string): Decision | undefined {
  const plain = text.toLowerCase().replaceAll('’', "'").replaceAll(noObjection, 'ok');
  if (machine.test(plain)) return 'voicemail';
  if (declines.test(plain)) return 'declined';
  return accepts.test(plain) ? 'accepted' : undefined;
}

/** By key: 1 takes the call, 2 does not. */
export const decisionOfKey = (digit: string): Decision | undefined =>
  digit === '1' ? 'accepted' : digit === '2' ? 'declined' : undefined;
