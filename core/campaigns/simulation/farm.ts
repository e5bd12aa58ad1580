import type { Disposition } from '../../../db/schema/calls.ts';
import { dispositionOf } from '../../dispositions.ts';
import { between, type Chance, chanceOf, talkMs } from './chance.ts';
import type { SimulationSettings } from './settings.ts';

export const fates = ['human', 'busy', 'noAnswer', 'voicemail', 'screening', 'optOut'] as const;
export type Fate = (typeof fates)[number];

/** What becomes of one call. Times count from the INVITE. */
export interface Played {
  readonly fate: Fate;
  readonly answeredAfterMs: number | null;
  readonly firstWordAfterMs: number | null;
  readonly endedAfterMs: number;
  readonly dialOutcome: 'answered' | 'busy' | 'no_answer';
  readonly sipStatus: number | null;
  readonly endReason: string;
  readonly disposition: Disposition;
}

/** How long a phone rings before a dialer gives up. */
const ringMs = 30_000;

/** The callees of a simulation: what they do follows from seed, contact and number of the attempt. Pure. */
export function play(settings: SimulationSettings, contactId: string, attempt: number): Played {
  const chance = chanceOf(settings.seed, contactId, attempt);
  const fate = draw(settings, chance());
  if (fate === 'busy') return unanswered(fate, 'busy', 486, Math.round(between(chance, 500, 4_000)));
  if (fate === 'noAnswer') return unanswered(fate, 'no_answer', 487, ringMs);
  return answered(settings, fate, chance);
}

function draw({ outcomes }: SimulationSettings, at: number): Fate {
  let sum = 0;
  for (const fate of fates) {
    sum += outcomes[fate];
    if (at < sum) return fate;
  }
  return 'human';
}

function unanswered(
  fate: Fate,
  dialOutcome: 'busy' | 'no_answer',
  sipStatus: number,
  endedAfterMs: number,
): Played {
  return {
    ...{ fate, dialOutcome, sipStatus, endedAfterMs, endReason: `dial_${dialOutcome}` },
    ...{ answeredAfterMs: null, firstWordAfterMs: null, disposition: dialOutcome },
  };
}

function answered(
  { talk, lateShare }: SimulationSettings,
  fate: 'human' | 'voicemail' | 'screening' | 'optOut',
  chance: Chance,
): Played {
  const callees: Record<typeof fate, readonly [ringMs: number, meanTalkMs: number]> = {
    human: [between(chance, 4_000, 22_000), talk.humanMs],
    voicemail: [between(chance, 18_000, 26_000), talk.voicemailMs],
    screening: [between(chance, 1_000, 4_000), talk.screeningMs],
    optOut: [between(chance, 4_000, 22_000), talk.optOutMs],
  };
  const [ring, mean] = callees[fate];
  const answeredAfterMs = Math.round(ring);
  const waitMs = chance() < lateShare ? between(chance, 2_100, 4_000) : between(chance, 200, 1_500);
  const firstWordAfterMs = Math.round(answeredAfterMs + waitMs);
  const endedAfterMs = firstWordAfterMs + talkMs(chance, mean);
  const endReason = fate === 'voicemail' ? 'voicemail' : 'caller_hung_up';
  const disposition = dispositionOf({
    ...{ channel: 'phone', direction: 'outbound', dialOutcome: 'answered', speaksFirst: 'agent', endReason },
    ...{ answeredAt: new Date(answeredAfterMs), firstWordAt: new Date(firstWordAfterMs) },
    userTurns: fate === 'voicemail' ? 0 : 1,
  });
  return {
    ...{ fate, answeredAfterMs, firstWordAfterMs, endedAfterMs, endReason, disposition },
    ...{ dialOutcome: 'answered', sipStatus: 200 },
  };
}
