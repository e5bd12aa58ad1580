import { ReadableStream } from 'node:stream/web';

/** After this long without a word the caller is told to wait. */
export const fillerAfterMs = 1_400;
/**
 * After this long without progress the request is given up. The fallbacks (worker/providers/fallback) are done by then.
 */
export const defaultStallMs = 9_000;

type Chunk<T> = { readonly done: boolean; readonly value?: T | undefined };
/** What the guard asks of the call around it. */
export interface LlmGuardHooks {
  /** Spoken while the model has not said anything yet. */
  readonly fillerText: string;
  /** Spoken instead of a reply that never came. */
  readonly apologyText: () => string;
  /** How long a silent model is waited for, in ms. */
  readonly stallAfterMs?: number;
  /** People talk with each other: a model that says nothing has answered. Left out: it has to say something. */
  readonly mayBeSilent?: () => boolean;
  readonly onStall: () => void;
  /** The model has begun to answer. */
  readonly onAnswer: () => void;
}

/**
 * Passes a language model's stream on, and speaks for it when it is silent: a filler after 1.4 s, an apology when it
 * stalls or ends without a word (the plugin swallows its errors and just closes the stream). Where it may be silent it
 * is not filled for, and only one that ends without anything at all has failed.
 *
 * @param flush the marker that makes the synthesiser speak what it has
 */
export function guardLlm<T, F>(
  stream: ReadableStream<T>,
  hooks: LlmGuardHooks,
  flush: F,
): ReadableStream<T | string | F> {
  const reader = stream.getReader();
  const { stallAfterMs = defaultStallMs } = hooks;
  const mayBeSilent = () => hooks.mayBeSilent?.() ?? false;
  let heard = false;
  let answered = false;
  let filled = false;

  let pending: Promise<Chunk<T>> | undefined;

  const nextChunk = async (): Promise<Chunk<T> | 'filler' | 'stall'> => {
    pending ??= reader.read();
    const waits: Promise<Chunk<T> | 'filler' | 'stall'>[] = [pending];
    const timers: NodeJS.Timeout[] = [];
    const after = (ms: number, what: 'filler' | 'stall') =>
      waits.push(new Promise((resolve) => timers.push(setTimeout(() => resolve(what), ms))));
    if (!heard && !filled && !mayBeSilent()) after(fillerAfterMs, 'filler');
    else after(filled && !heard ? stallAfterMs - fillerAfterMs : stallAfterMs, 'stall');
    try {
      const chunk = await Promise.race(waits);
      if (typeof chunk === 'object') pending = undefined;
      return chunk;
    } finally {
      for (const timer of timers) clearTimeout(timer);
    }
  };
  return new ReadableStream<T | string | F>({
    async pull(controller) {
      const chunk = await nextChunk();
      if (chunk === 'filler') {
        filled = true;
        controller.enqueue(`${hooks.fillerText} `);
        controller.enqueue(flush);
      } else if (chunk === 'stall') {
        hooks.onStall();
        // Not awaited: cancelling a stalled request may take as long as the request.
        void reader.cancel().catch(() => undefined);
        if (!heard) controller.enqueue(hooks.apologyText());
        controller.close();
      } else if (chunk.done) {
        const apology = heard || (answered && mayBeSilent()) ? '' : hooks.apologyText();
        if (apology) controller.enqueue(apology);
        controller.close();
      } else if (chunk.value !== undefined) {
        answered = true;
        if (!heard && isAnswer(chunk.value)) {
          heard = true;
          hooks.onAnswer();
        }
        controller.enqueue(chunk.value);
      }
    },
    async cancel(reason) {
      await reader.cancel(reason);
    },
  });
}

/** A chunk with words or a tool call; roles and usage are no answer. */
function isAnswer(chunk: unknown): boolean {
  if (typeof chunk === 'string') return chunk.length > 0;
  if (typeof chunk !== 'object' || chunk === null || !('delta' in chunk)) return false;
  const delta = chunk.delta as { content?: string; toolCalls?: unknown[] } | undefined;
  return Boolean(delta?.content) || (delta?.toolCalls?.length ?? 0) > 0;
}
