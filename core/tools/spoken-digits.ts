/** Digits in what somebody said, in the order in which they said them. Pure. */

const words = new Map(
  Object.entries({
    ...{ zero: '0', oh: '0', o: '0', nought: '0', one: '1', two: '2', three: '3', four: '4', five: '5' },
    ...{ six: '6', seven: '7', eight: '8', nine: '9', ten: '10', eleven: '11', twelve: '12' },
    ...{ thirteen: '13', fourteen: '14', fifteen: '15', sixteen: '16', seventeen: '17' },
    ...{ eighteen: '18', nineteen: '19', hundred: '00', thousand: '000' },
    ...{ star: '*', asterisk: '*', pound: '#', hash: '#' },
    ...{ null: '0', eins: '1', ein: '1', zwei: '2', zwo: '2', drei: '3', vier: '4', fünf: '5' },
    ...{ sechs: '6', sieben: '7', acht: '8', neun: '9' },
    ...{ cero: '0', uno: '1', dos: '2', tres: '3', cuatro: '4', cinco: '5', seis: '6', siete: '7' },
    ...{ ocho: '8', nueve: '9' },
    ...{ zéro: '0', un: '1', deux: '2', trois: '3', quatre: '4', cinq: '5', sept: '7', huit: '8', neuf: '9' },
  }),
);
const tens = new Map(
  Object.entries({
    ...{
      twenty: '2',
      thirty: '3',
      forty: '4',
      fifty: '5',
      sixty: '6',
      seventy: '7',
      eighty: '8',
      ninety: '9',
    },
  }),
);
const repeats = new Map([
  ['double', 2],
  ['triple', 3],
]);

/**
 * "Five five, double seven, 12 and twenty-one" → `5577 12 21` without the spaces. Words that are no digits are passed
 * over.
 */
export function spokenDigits(text: string): string {
  const tokens = text.toLowerCase().match(/\d|[*#]|\p{L}+/gu) ?? [];
  let digits = '';
  let times = 1;
  for (const [index, token] of tokens.entries()) {
    const repeat = repeats.get(token);
    if (repeat !== undefined) {
      times = repeat;
      continue;
    }
    const found = isFiller(tokens, index) ? '' : digitsOf(token, tokens[index + 1]);
    digits += found.repeat(times);
    times = 1;
  }
  return digits;
}

/** “One moment” and “oh, wait” are said while somebody looks for their number. */
function isFiller(tokens: readonly string[], index: number): boolean {
  const [before = '', token = '', after = ''] = [tokens[index - 1], tokens[index], tokens[index + 1]];
  if (/^(one|ein|un|uno)$/.test(token)) return pauses.has(after);
  const isSaid = (word: string) => digitsOf(word, undefined) !== '' || repeats.has(word);
  return /^oh?$/.test(token) && tokens.length > 1 && !isSaid(before) && !isSaid(after);
}

const pauses: ReadonlySet<string> = new Set([
  ...['moment', 'second', 'sec', 'minute', 'more', 'momento', 'segundo', 'instante', 'minuto'],
  ...['augenblick', 'instant'],
]);

function digitsOf(token: string, next: string | undefined): string {
  if (/^[\d*#]$/.test(token)) return token;
  const ten = tens.get(token);
  if (ten === undefined) return words.get(token) ?? '';
  // "Twenty-one" is 21, "twenty, twelve" is 2012.
  const unit = next === undefined ? '' : (words.get(next) ?? '');
  return /^[1-9]$/.test(unit) ? ten : `${ten}0`;
}
