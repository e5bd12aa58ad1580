import type { CampaignStatus } from '../../db/schema/campaigns.ts';

/**
 * The status machine of a campaign. Pure.
 *
 *   draft → scheduled → running ⇄ paused → stopped | finished → archived
 *
 * `start` and `resume` lead to `scheduled` while the start date is ahead. `begin` and `finish` are the engine's. A
 * finished campaign may be started again when people were added; a stopped one is over for good.
 */
export type CampaignMove = 'start' | 'begin' | 'pause' | 'resume' | 'stop' | 'finish' | 'archive';

const moves: Readonly<Record<CampaignMove, readonly [from: readonly CampaignStatus[], to: CampaignStatus]>> =
  {
    start: [['draft', 'scheduled', 'finished'], 'running'],
    begin: [['scheduled'], 'running'],
    pause: [['scheduled', 'running'], 'paused'],
    resume: [['paused'], 'running'],
    stop: [['scheduled', 'running', 'paused'], 'stopped'],
    finish: [['scheduled', 'running', 'paused'], 'finished'],
    archive: [['draft', 'stopped', 'finished'], 'archived'],
  };

/** Statuses that an operator may ask for. */
export const wantedStatuses = ['running', 'paused', 'stopped', 'archived'] as const;
export type WantedStatus = (typeof wantedStatuses)[number];

/** The move that leads to a wanted status. `running` may become `scheduled`. */
export function moveTo(wanted: WantedStatus, status: CampaignStatus) {
  if (wanted === 'running') return status === 'paused' ? 'resume' : 'start';
  return ({ paused: 'pause', stopped: 'stop', archived: 'archive' } as const)[wanted];
}

export const campaignMoves = Object.keys(moves) as CampaignMove[];

/** Where a move leads at a moment; null: it is not possible from here. */
export function statusAfter(
  status: CampaignStatus,
  move: CampaignMove,
  { startsAt }: { readonly startsAt: Date | null },
  nowMs: number,
): CampaignStatus | null {
  const [from, to] = moves[move];
  if (!from.includes(status)) return null;
  const ahead = startsAt !== null && startsAt.getTime() > nowMs;
  if (move === 'begin') return ahead ? null : to;
  return ahead && to === 'running' ? 'scheduled' : to;
}

/** Statuses in which the engine may place calls, now or when the start comes. */
export const isLive = (status: CampaignStatus): boolean =>
  status === 'scheduled' || status === 'running' || status === 'paused';
