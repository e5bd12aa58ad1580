import { and, eq } from 'drizzle-orm';
import { trunkLimits } from '../../db/schema/trunk-limits.ts';
import type { OperationContext } from '../context.ts';

/** Over which trunk a call is about to ring, and how many a second its carrier grants there. */
export interface TrunkLane {
  readonly workspaceId: string;
  /** core/numbers/trunk-key.ts. */
  readonly trunk: string;
  /** What the carrier grants; null: what is usual in the installation. */
  readonly callsPerSecond: number | null;
}

/** The lane of a trunk (core/numbers/trunk-key.ts). */
export async function laneOf(
  { db }: Pick<OperationContext, 'db'>,
  workspaceId: string,
  trunk: string,
): Promise<TrunkLane> {
  const [limit] = await db
    .select({ callsPerSecond: trunkLimits.callsPerSecond })
    .from(trunkLimits)
    .where(and(eq(trunkLimits.workspaceId, workspaceId), eq(trunkLimits.trunk, trunk)));
  return { workspaceId, trunk, callsPerSecond: limit?.callsPerSecond ?? null };
}
