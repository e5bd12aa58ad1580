import { isOpen, locate, ruleSettings } from '../../core/campaigns/rules/index.ts';
import { allDay } from './campaigns.ts';

/** Together they span the day: Guam, Honolulu, San Francisco, New York, India. */
const places = ['+1671555', '+1808555', '+1415555', '+1212555', '+9198765'];

/** A number whose owner may be called at a moment and for an hour after it, whatever the time is where tests run. */
export function callableNumber(n: number, now = Date.now()): string {
  return numberWhere(n, (open) => open(now) && open(now + 3_600_000));
}

/** A number whose owner must not be called at a moment, nor an hour later. */
export function uncallableNumber(n: number, now = Date.now()): string {
  return numberWhere(n, (open) => !open(now) && !open(now + 3_600_000));
}

function numberWhere(n: number, fits: (open: (atMs: number) => boolean) => boolean): string {
  const rules = ruleSettings.parse({ windows: allDay });
  for (const start of places) {
    const phone = start + (start.startsWith('+91') ? String(10_000 + n) : String(100 + n).padStart(4, '0'));
    const place = locate({ phone, country: start.startsWith('+91') ? 'IN' : null });
    if (!('problem' in place) && fits((atMs) => isOpen(rules, place, atMs))) return phone;
  }
  throw new Error('Nowhere on earth is it that time.');
}
