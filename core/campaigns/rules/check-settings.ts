import type { FieldProblem } from '../../errors.ts';
import { rulePacks } from './packs/index.ts';
import type { Place } from './places/locate.ts';
import { nextLegalMoment } from './schedule.ts';
import type { RuleSettings } from './settings.ts';

interface Period {
  readonly startsAt: Date | null;
  readonly endsAt: Date | null;
}

/**
 * What a campaign cannot be saved with, beyond the shape that `ruleSettings` checks: an end before the start or in the
 * past, windows that shut out everybody everywhere, a period without a single legal moment. Paths are those of the
 * settings (`windows`, `holidays`) and of the period (`startsAt`, `endsAt`).
 */
export function checkRuleSettings(
  rules: RuleSettings,
  { startsAt, endsAt }: Period,
  nowMs: number,
): FieldProblem[] {
  if (endsAt && startsAt && endsAt <= startsAt)
    return [{ path: 'endsAt', message: 'the end is not after the start' }];
  if (endsAt && endsAt.getTime() <= nowMs) return [{ path: 'endsAt', message: 'the end is in the past' }];
  const from = Math.max(startsAt?.getTime() ?? nowMs, nowMs);
  const first = firstLegalMoment(rules, from);
  if (first === null) return [{ path: 'windows', message: whyNever(rules, from) }];
  if (endsAt && first >= endsAt.getTime())
    return [
      { path: 'endsAt', message: 'between start and end there is no moment at which anybody may be called' },
    ];
  return [];
}

/** The first moment at which somebody somewhere may be called. Null: nobody ever. */
function firstLegalMoment(rules: RuleSettings, from: number): number | null {
  let first: number | null = null;
  for (const place of places()) {
    const moment = nextLegalMoment(rules, place, from);
    if (moment !== null && (first === null || moment < first)) first = moment;
    if (first === from) break;
  }
  return first;
}

function whyNever(rules: RuleSettings, from: number): string {
  if (Object.values(rules.windows).every((windows) => !windows?.length))
    return 'there is no window on any day';
  if (firstLegalMoment({ ...rules, holidays: [] }, from) !== null)
    return 'the holidays leave no day on which anybody may be called';
  if (rules.packs.length > 0 && firstLegalMoment({ ...rules, packs: [] }, from) !== null)
    return `no window is within the hours of the rule packs ${rules.packs.join(', ')}`;
  return 'no window is within the hours at which any law lets people be called';
}

/** Somebody under each national law, in each zone of the earth that is whole hours from Greenwich. */
function* places(): Generator<Place> {
  const countries = [null, ...rulePacks.flatMap(({ countries }) => countries?.[0] ?? [])];
  for (const country of countries)
    for (let hours = -12; hours <= 14; hours++)
      yield { country, regions: [], zones: [`Etc/GMT${hours <= 0 ? '+' : '-'}${Math.abs(hours)}`] };
}
