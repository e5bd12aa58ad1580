import { nextPace, type PaceEvidence } from './pace.ts';
import { burstSeconds, type Pacer, trunkBucket } from './pacer.ts';
import type { Survey, Trunk } from './survey.ts';

export interface Lane {
  readonly trunk: Trunk;
  readonly pace: number;
  /** Tokens that were taken from the trunk's bucket. */
  readonly tokens: number;
  /** Calls it can take now. */
  readonly room: number;
  /** Tokens that are not used yet. */
  left: number;
  /** What bounds it: channels, or calls per second. */
  readonly limit: 'trunk' | 'rate';
}

/** What each trunk can take now: free channels, at its pace, within its calls per second. */
export async function openLanes(
  { trunksOf }: Survey,
  evidence: ReadonlyMap<string, PaceEvidence>,
  pacer: Pacer,
  nowMs: number,
): Promise<ReadonlyMap<string, Lane>> {
  const trunks = new Map([...trunksOf.values()].flat().map((trunk) => [trunk.id, trunk]));
  const lanes = new Map<string, Lane>();
  const nothing = { finished: 0, refused: 0, busy: 0, answered: 0, late: 0 };
  for (const [id, trunk] of trunks) {
    const pace = nextPace(await pacer.readPace(id), evidence.get(id) ?? nothing, nowMs);
    await pacer.writePace(id, pace);
    const channels = Math.max(1, Math.floor(trunk.channels * pace.factor));
    const free = Math.max(0, channels - trunk.active);
    const perSecond = trunk.callsPerSecond * pace.factor;
    const tokens =
      free === 0
        ? 0
        : await pacer.take(trunkBucket(id), {
            ...{ perSecond, burst: Math.max(1, perSecond * burstSeconds), want: free, nowMs },
          });
    lanes.set(id, {
      ...{ trunk, pace: pace.factor, tokens, room: tokens, left: tokens },
      limit: tokens < free ? 'rate' : 'trunk',
    });
  }
  return lanes;
}
