const digitNames = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];

const spell = (digits: string): string =>
  [...digits].map((digit) => digitNames[Number(digit)] ?? digit).join(' ');

/** Rewrites what a phonemizer reads badly: phone numbers, money, addresses of the net, mark-up, signs. */
export function speakable(text: string): string {
  return text
    .replace(/<[^<>]{1,200}>/g, ' ')
    .replace(/\[([^\]]{1,200})\]\((?:https?:)?[^)\s]{1,500}\)/g, '$1')
    .replace(/(?:\*\*|__|`|~~|^#{1,6}\s)/gm, '')
    .replace(/\p{Extended_Pictographic}|\u200D|\uFE0F/gu, ' ')
    .replace(/\bhttps?:\/\//gi, '')
    .replace(/[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+/g, sayAddress)
    .replace(/\b(?:[a-z0-9-]{1,63}\.)+(?:com|org|net|io|dev|example|app|co|uk|de)\b(?:\/\S*)?/gi, sayAddress)
    .replace(/\+?\(?\d[\d\s().-]{5,20}\d/g, sayPhone)
    .replace(/\$\s?(\d[\d,]*)(?:\.(\d\d))?/g, sayDollars)
    .replace(/€\s?(\d[\d,]*)/g, '$1 euros')
    .replace(/£\s?(\d[\d,]*)/g, '$1 pounds')
    .replace(/(\d),(?=\d{3}\b)/g, '$1')
    .replace(/\b(\d{1,2}):(\d\d)\b/g, sayClock)
    .replace(
      /\b(\d{1,2}|hundred|fifteen|thirty|forty-five|clock)\s?([ap])\.?\s?m\b\.?/gi,
      (_, hour: string, half: string) => `${hour} ${half.toLowerCase() === 'a' ? 'A' : 'P'} M `,
    )
    .replace(/(\d)\s?%/g, '$1 percent')
    .replace(/\s&\s/g, ' and ')
    .replace(/\s+/g, ' ')
    .trim();
}

const sayAddress = (address: string): string =>
  address
    .replace(/[/?#].*$/, '')
    .replace(/@/g, ' at ')
    .replace(/\./g, ' dot ')
    .replace(/_/g, ' underscore ')
    .replace(/-/g, ' dash ');

/** Groups stay groups, said digit by digit with a pause between them. */
function sayPhone(number: string): string {
  const digits = number.replace(/\D/g, '');
  const isPhone =
    digits.length >= 7 && (number.startsWith('+') || /[\s().-]/.test(number) || digits.length >= 9);
  if (!isPhone || /^\d{4}-\d\d-\d\d$/.test(number)) return number;
  const groups = number
    .replace(/^\+/, '')
    .split(/\D+/)
    .filter(Boolean)
    .flatMap((group) =>
      group.length > 4 ? (group.match(/\d{1,3}(?=(?:\d{3})*(?:\d{4})?$)|\d{1,4}/g) ?? [group]) : [group],
    );
  return `${number.startsWith('+') ? 'plus ' : ''}${groups.map(spell).join(', ')}`;
}

function sayDollars(_: string, whole: string, cents: string | undefined): string {
  const dollars = whole.replace(/,/g, '');
  const said = `${dollars} ${dollars === '1' ? 'dollar' : 'dollars'}`;
  return cents && cents !== '00' ? `${said} and ${Number(cents)} cents` : said;
}

function sayClock(_: string, hour: string, minute: string): string {
  if (minute === '00')
    return `${Number(hour)} o'clock`.replace(/ o'clock$/, Number(hour) > 12 ? ' hundred' : '');
  return `${Number(hour)} ${minute.startsWith('0') ? `oh ${minute[1]}` : minute}`;
}
