import { and, eq, inArray, isNull } from 'drizzle-orm';
import { agents } from '../../db/schema/agents.ts';
import { phoneNumbers } from '../../db/schema/phone-numbers.ts';
import { isUuid } from '../../platform/ids.ts';
import { silentAtFirstMs } from '../agents/opening-words.ts';
import { nowMs, type WorkspaceContext } from '../context.ts';
import { abandonAfterMs } from '../dispositions.ts';
import { DomainError, type FieldProblem } from '../errors.ts';
import { costOf, longestCall, runningVersions } from './engine/costs.ts';
import type { MachinePolicy } from './machine-policy.ts';
import { checkRuleSettings, type RuleSettings } from './rules/index.ts';

interface Saved {
  readonly agentId: string;
  readonly fromNumbers: readonly string[];
  readonly startsAt: Date | null;
  readonly endsAt: Date | null;
  readonly rules: RuleSettings;
  readonly machinePolicy: MachinePolicy;
  readonly budgetMicros: number | null;
  readonly minutePriceMicros: number | null;
}

/**
 * What a campaign cannot be saved with, every field named: an agent or a number that is not the workspace's, a trunk
 * that was refused, a period or windows in which nobody can ever be called, a budget without a price. Returns the
 * numbers' ids.
 */
export async function checkCampaign(
  ctx: WorkspaceContext,
  saved: Saved,
  { timing = true } = {},
): Promise<string[]> {
  const numbers = await ctx.db
    .select({ id: phoneNumbers.id, e164: phoneNumbers.e164, syncError: phoneNumbers.syncError })
    .from(phoneNumbers)
    .where(
      and(eq(phoneNumbers.workspaceId, ctx.workspaceId), inArray(phoneNumbers.e164, [...saved.fromNumbers])),
    )
    .for('share');
  const fields: FieldProblem[] = [...(await agentProblems(ctx, saved))];
  for (const [index, e164] of saved.fromNumbers.entries()) {
    const number = numbers.find((one) => one.e164 === e164);
    const path = `fromNumbers.${index}`;
    if (!number) fields.push({ path, message: `the workspace has no number ${e164}; register it first` });
    else if (number.syncError !== null)
      fields.push({ path, message: `the SIP trunk of ${e164} does not work: ${number.syncError}` });
  }
  fields.push(...ruleProblems(saved, nowMs(ctx), { timing }));
  if (fields.length > 0) throw new DomainError('invalid', 'The campaign cannot work like this.', { fields });
  return numbers.map(({ id }) => id);
}

/**
 * What of this can be said without a look at anything else: a budget without a price, a time in which nobody can be
 * called.
 */
export function ruleProblems(
  saved: Omit<Saved, 'agentId' | 'fromNumbers' | 'machinePolicy'>,
  nowMs: number,
  { timing = true } = {},
): FieldProblem[] {
  const { rules, budgetMicros, minutePriceMicros } = saved;
  const unpriced = budgetMicros !== null && minutePriceMicros === null;
  const never = timing ? checkRuleSettings(rules, saved, nowMs) : [];
  return [
    ...(unpriced ? [{ path: 'minutePriceMicros', message: 'a budget needs the price of a minute' }] : []),
    ...never.map(({ path, message }) => ({
      ...{ path: inSettings.has(path) ? `rules.${path}` : path, message },
    })),
  ];
}

const inSettings = new Set(['windows', 'holidays', 'packs']);

async function agentProblems(
  ctx: WorkspaceContext,
  saved: Pick<Saved, 'agentId' | 'machinePolicy' | 'budgetMicros' | 'minutePriceMicros'>,
): Promise<FieldProblem[]> {
  const { agentId, machinePolicy, budgetMicros, minutePriceMicros } = saved;
  const [agent] = isUuid(agentId)
    ? await ctx.db
        .select({ id: agents.id })
        .from(agents)
        .where(and(eq(agents.id, agentId), eq(agents.workspaceId, ctx.workspaceId), isNull(agents.deletedAt)))
        .for('share', { of: agents })
    : [];
  if (!agent) return [{ path: 'agentId', message: 'the workspace has no such agent' }];
  const versions = await runningVersions(ctx.db, [agentId]);
  const isMute =
    machinePolicy === 'leave_message' &&
    versions.some(({ definition }) => definition.voicemail.message.trim() === '');
  const isSilent = versions.some(({ definition }) => silentAtFirstMs(definition) >= abandonAfterMs);
  const longestMs = longestCall(versions);
  const aCall = costOf(longestMs, minutePriceMicros);
  const isTooLittle = budgetMicros !== null && budgetMicros < aCall;
  return [
    ...(isSilent
      ? [
          {
            path: 'agentId',
            message:
              'the agent waits to be spoken to: whoever picks up hears nothing for two seconds, and the call counts as abandoned. Let it speak first, or give it a disclosure',
          },
        ]
      : []),
    ...(isMute ? [{ path: 'machinePolicy', message: 'the agent has no message to leave' }] : []),
    ...(isTooLittle
      ? [
          {
            path: 'budgetMicros',
            message: `does not pay for one call: one of ${Math.ceil(longestMs / 60_000)} minutes, as long as the agent's may be, costs ${aCall / 1_000_000}`,
          },
        ]
      : []),
  ];
}
