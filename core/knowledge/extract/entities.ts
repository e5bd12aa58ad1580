/** The references that occur in documents; others stay as they are written. */
const named: Readonly<Record<string, string>> = {
  ...{ amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ', shy: '', copy: '©', reg: '®' },
  ...{ trade: '™', euro: '€', pound: '£', yen: '¥', cent: '¢', sect: '§', para: '¶', deg: '°' },
  ...{ hellip: '…', ndash: '–', mdash: '—', lsquo: '‘', rsquo: '’', ldquo: '“', rdquo: '”', sbquo: '‚' },
  ...{ bdquo: '„', laquo: '«', raquo: '»', bull: '•', middot: '·', times: '×', divide: '÷', plusmn: '±' },
  ...{ frac12: '½', frac14: '¼', frac34: '¾', sup2: '²', sup3: '³', micro: 'µ', rarr: '→', larr: '←' },
  ...{ auml: 'ä', ouml: 'ö', uuml: 'ü', Auml: 'Ä', Ouml: 'Ö', Uuml: 'Ü', szlig: 'ß', agrave: 'à' },
  ...{ aacute: 'á', acirc: 'â', atilde: 'ã', aring: 'å', aelig: 'æ', ccedil: 'ç', egrave: 'è' },
  ...{ eacute: 'é', ecirc: 'ê', euml: 'ë', igrave: 'ì', iacute: 'í', icirc: 'î', iuml: 'ï', ntilde: 'ñ' },
  ...{ ograve: 'ò', oacute: 'ó', ocirc: 'ô', otilde: 'õ', oslash: 'ø', ugrave: 'ù', uacute: 'ú' },
  ...{ ucirc: 'û', yacute: 'ý', yuml: 'ÿ', Agrave: 'À', Aacute: 'Á', Aring: 'Å', AElig: 'Æ', Ccedil: 'Ç' },
  ...{ Egrave: 'È', Eacute: 'É', Ntilde: 'Ñ', Oacute: 'Ó', Oslash: 'Ø', Uacute: 'Ú', oelig: 'œ', OElig: 'Œ' },
  ...{ iquest: '¿', iexcl: '¡', ordf: 'ª', ordm: 'º', ensp: ' ', emsp: ' ', thinsp: ' ', zwnj: '', zwj: '' },
};

export const decodeEntities = (text: string): string =>
  text.includes('&')
    ? text.replaceAll(
        /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z][a-z0-9]{1,30}));/gi,
        (all, decimal, hex, name) => {
          if (name !== undefined) return Object.hasOwn(named, name) ? (named[name] ?? all) : all;
          const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
          return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : '';
        },
      )
    : text;
