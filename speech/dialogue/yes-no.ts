import { normalize } from './normalize.ts';

const yes =
  /\b(yes|yeah|yep|yup|sure|correct|right|exactly|perfect|fine|okay|absolutely|definitely|of course|please do|go ahead|sounds good|do it|book it|it is|good|great)\b/;
const no = /^(no|nope|nah|not)\b|\b(wrong|incorrect|not (right|correct|good|quite)|change)\b/;
const cancel =
  /\b(never ?mind|cancel|forget (it|about it)|do not (book|want) (it|that|an appointment|anything)|stop (it|that|the booking))\b/;

export function yesOrNo(text: string): 'yes' | 'no' | undefined {
  const plain = normalize(text);
  if (no.test(plain)) return 'no';
  return yes.test(plain) ? 'yes' : undefined;
}

export const isCancel = (text: string): boolean => cancel.test(normalize(text));
