import { randomInt } from 'node:crypto';

/**
 * Numbers under which announced calls are dialed: +999, a country code that the ITU has given to nobody, and twelve
 * digits by chance. Whoever knows one may make that call; see docs/decisions/0045.
 */
export const announcedNumber = (): string => `+999${String(randomInt(10 ** 12)).padStart(12, '0')}`;

export const isAnnouncedNumber = (number: string): boolean => /^\+?999\d{12}$/.test(number);
