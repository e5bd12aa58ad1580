import { campaignPulses } from '../../../db/schema/campaign-pulses.ts';
import type { OperationContext } from '../../context.ts';

/**
 * What holds a campaign back. slots: the fleet. workspace, trunk, campaign: their limits of calls at once. rate: calls
 * per second. windows: nobody may be called now. registry: a call registry is
 * missing or too old. retries: those who are left are not due. people: nobody is left but
 * who is on the phone. none: nothing.
 */
export const bottlenecks = [
  ...([
    'none',
    'slots',
    'workspace',
    'trunk',
    'campaign',
    'rate',
    'windows',
    'registry',
    'retries',
    'people',
  ] as const),
  ...(['budget', 'abandonment', 'status'] as const),
];
export type Bottleneck = (typeof bottlenecks)[number];

export interface Pulse {
  readonly bottleneck: Bottleneck;
  readonly pace: number;
  readonly callable: number;
  readonly opensAtMs: number | null;
}

export async function writePulse(
  db: OperationContext['db'],
  campaignId: string,
  { bottleneck, pace, callable, opensAtMs }: Pulse,
  nowMs: number,
): Promise<void> {
  const seen = {
    ...{ at: new Date(nowMs), bottleneck, pace, callable },
    opensAt: opensAtMs === null ? null : new Date(opensAtMs),
  };
  await db
    .insert(campaignPulses)
    .values({ campaignId, ...seen })
    .onConflictDoUpdate({ target: campaignPulses.campaignId, set: seen });
}
