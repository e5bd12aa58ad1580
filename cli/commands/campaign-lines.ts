import type { CampaignReport } from '../../core/campaigns/simulation/index.ts';
import { dim, green, red } from '../output.ts';

const count = (n: number): string => n.toLocaleString('en');
const share = (part: number): string => `${(part * 100).toFixed(2)} %`;
const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

/** A simulated campaign for people to read. */
export function campaignLines(report: CampaignReport): string[] {
  return [...headLines(report), ...countLines(report), ...judgeLines(report)];
}

function headLines(report: CampaignReport): string[] {
  const { startedAt, finishedAt, status, statusReason } = report;
  const hours = finishedAt === null ? null : (Date.parse(finishedAt) - Date.parse(startedAt)) / 3_600_000;
  return [
    `seed               ${report.seed} ${dim(`(--seed ${report.seed} --start ${startedAt} plays the same again)`)}`,
    `people             ${count(report.contacts)}`,
    `began              ${startedAt}`,
    hours === null
      ? 'finished           not within the days that were simulated'
      : `finished           ${finishedAt}, after ${hours.toFixed(1)} h: ${status}${statusReason === '' ? '' : `, ${statusReason}`}`,
  ];
}

function countLines(report: CampaignReport): string[] {
  const { dialed, peakConcurrency, talkMs, costMicros, currency, liveAnswered, abandoned } = report;
  return [
    `calls              ${count(dialed)}, at most ${count(peakConcurrency)} at once, ${count(Math.round(talkMs / 60_000))} minutes of talk`,
    `cost               ${(costMicros / 1_000_000).toFixed(2)} ${currency}`,
    `abandoned          ${share(report.abandonShare)}: ${count(abandoned)} of ${count(liveAnswered)} live answers`,
    ...table('outcomes of calls', report.outcomes),
    ...table('people at the end', report.states),
    ...table('taken back unrung', report.withdrawn),
    ...table(
      'blocked by rules',
      Object.fromEntries(
        report.blocked.map(({ reason, decisions, people }) => [reason, [decisions, people] as const]),
      ),
    ),
  ];
}

function table(
  title: string,
  rows: Readonly<Record<string, number | readonly [decisions: number, people: number]>>,
): string[] {
  return Object.entries(rows).map(([name, value], at) => {
    const [first, people] = typeof value === 'number' ? [value] : value;
    const more = people === undefined ? '' : ` decisions, ${count(people)} people`;
    return `${(at === 0 ? title : '').padEnd(18)} ${name.padEnd(18)} ${count(first).padStart(9)}${more}`;
  });
}

function judgeLines({ judged, tookMs, stepMs }: CampaignReport): string[] {
  const { decisions, calls, violations } = judged;
  const what = `${count(decisions)} decisions to dial and ${count(calls)} calls judged`;
  return [
    violations.length === 0
      ? `${green('✓')} ${what}: nothing was against the rules`
      : `${red('✗')} ${what}: ${count(violations.length)} violations`,
    ...violations
      .slice(0, 20)
      .map(
        ({ kind, at, detail, contactId }) =>
          `  ${red(kind)} ${at.toISOString()} ${detail} ${dim(`contact ${contactId}`)}`,
      ),
    dim(
      `took ${seconds(tookMs.all)}: ${seconds(tookMs.prepare)} to prepare, ${seconds(tookMs.play)} to play in steps of ${stepMs / 1_000} s, ${seconds(tookMs.judge)} to count and judge`,
    ),
  ];
}
