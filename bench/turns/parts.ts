import type { Product } from '../../test/harness/product.ts';
import { median } from '../kit.ts';

/** The waterfall of one turn, as the call's transcript has it. */
export interface Turn {
  readonly transcriptionMs: number;
  readonly endOfTurnMs: number;
  readonly llmFirstTokenMs: number;
  readonly ttsFirstByteMs: number;
  readonly totalMs: number;
}

interface Listed {
  readonly id: string;
  readonly created_at: string;
}

interface Detail {
  readonly transcript: readonly {
    readonly latency: Readonly<Record<string, number | null>> | null;
  }[];
}

/**
 * The turns of the calls since a moment, by the product's own record, and what of the gaps (heard by the caller) no
 * engine is to blame for: the median gap without recogniser, first token and first sound, as if these never overlapped.
 */
export async function partsOf(
  product: Product,
  gapsMs: readonly number[],
  sinceMs = 0,
): Promise<{ readonly turns: Turn[]; readonly ownMs: number }> {
  const { items } = await product.api<{ items: readonly Listed[] }>('GET', '/calls?page_size=100');
  const wanted = items.filter(({ created_at }) => Date.parse(created_at) >= sinceMs);
  const details = await Promise.all(wanted.map(({ id }) => product.api<Detail>('GET', `/calls/${id}`)));
  const turns = details.flatMap(({ transcript }) =>
    transcript.flatMap(({ latency }) => {
      if (latency?.total_ms == null) return [];
      return [
        {
          transcriptionMs: latency.transcription_ms ?? 0,
          endOfTurnMs: latency.end_of_turn_ms ?? 0,
          llmFirstTokenMs: latency.llm_first_token_ms ?? 0,
          ttsFirstByteMs: latency.tts_first_byte_ms ?? 0,
          totalMs: latency.total_ms,
        },
      ];
    }),
  );
  const engines = turns.map((turn) => turn.transcriptionMs + turn.llmFirstTokenMs + turn.ttsFirstByteMs);
  return { turns, ownMs: median(gapsMs) - median(engines) };
}
