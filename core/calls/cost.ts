import { z } from 'zod';
import type { CallCost, CallCostPart } from '../../db/schema/calls.ts';
import { priceOf, priceTable, type Unit } from './prices.ts';

const amount = z.number().min(0).catch(0);

/** What is needed of a `usage` event's models (LiveKit's ModelUsage, and `provider` as who is paid for it). */
const modelUsage = z.object({
  type: z.enum(['llm_usage', 'stt_usage', 'tts_usage']),
  provider: z.string(),
  model: z.string(),
  inputTokens: amount,
  inputCachedTokens: amount,
  outputTokens: amount,
  audioDurationMs: amount,
  charactersCount: amount,
});
type ModelUsage = z.output<typeof modelUsage>;

/**
 * What recognising, thinking and speaking of a call cost by the price table. `isWhole` false: some worker died before
 * it could say what it had used. What the line cost is not in it, nor an analysis afterwards. Pure.
 */
export function costOf(usages: readonly unknown[], isWhole: boolean): CallCost {
  const parts = merged(
    usages.flatMap((usage) => {
      const read = modelUsage.safeParse(usage);
      return read.success ? quantitiesOf(read.data) : [];
    }),
  );
  return {
    version: priceTable.version,
    currency: priceTable.currency,
    micros: parts.reduce((sum, { micros }) => sum + (micros ?? 0), 0),
    isComplete: isWhole && parts.every(({ micros }) => micros !== null),
    parts,
  };
}

type Quantity = Omit<CallCostPart, 'micros'>;

function quantitiesOf({ type, provider, model, ...used }: ModelUsage): Quantity[] {
  const quantities: Readonly<Record<ModelUsage['type'], Partial<Record<Unit, number>>>> = {
    llm_usage: {
      // The vendors count what came from the cache among the input.
      input_tokens: Math.max(0, used.inputTokens - used.inputCachedTokens),
      cached_input_tokens: used.inputCachedTokens,
      output_tokens: used.outputTokens,
    },
    stt_usage: { audio_ms: used.audioDurationMs },
    tts_usage: { characters: used.charactersCount },
  };
  const stage = stages[type];
  return Object.entries(quantities[type])
    .filter(([, quantity]) => quantity > 0)
    .map(([unit, quantity]) => ({ stage, provider, model, unit: unit as Unit, quantity }));
}

const stages = { llm_usage: 'llm', stt_usage: 'stt', tts_usage: 'tts' } as const;

/** Several workers may have had the call; the same work of theirs is priced once, so that it is rounded once. */
function merged(quantities: readonly Quantity[]): CallCostPart[] {
  const byWork = new Map<string, Quantity>();
  for (const one of quantities) {
    const key = [one.stage, one.provider, one.model, one.unit].join('\n');
    byWork.set(key, { ...one, quantity: one.quantity + (byWork.get(key)?.quantity ?? 0) });
  }
  return [...byWork.values()].map((one) => ({ ...one, micros: priceOf(one, one.unit, one.quantity) }));
}
