import type { Context } from '../../core/context.ts';
import { UnreadableFileError } from '../../core/knowledge/extract/blocks.ts';
import { beginIndexing, failIndexing, finishIndexing } from '../../core/knowledge/index.ts';
import { BlobNotFoundError } from '../../platform/blob-store.ts';
import type { Logger } from '../../platform/log.ts';
import { extract } from './extract.ts';

const embeddingTimeoutMs = 30_000;

/**
 * One revision of a file from bytes to passages that can be found. What is wrong with the file is written down and
 * final; anything else (a store, the database) is thrown, and the job comes round again.
 */
export async function indexFile(
  { ctx, log }: { readonly ctx: Context; readonly log: Logger },
  revision: { readonly fileId: string; readonly revision: number },
): Promise<string> {
  const file = await beginIndexing(ctx, revision);
  if (file === null) return 'deleted or replaced meanwhile';
  try {
    const source = await ctx.services.ports.blobs.get(file.blobKey);
    const passages = await extract(source, file.type);
    const { model, vectors } = await embedAll(
      ctx,
      passages.map(({ heading, text }) => (heading === '' ? text : `${heading}\n${text}`)),
    );
    const { searchConfig } = file;
    const done = await finishIndexing(ctx, {
      ...revision,
      searchConfig,
      embeddingModel: model,
      passages: passages.map((passage, index) => ({ ...passage, embedding: vectors[index] ?? null })),
    });
    return done ? `${passages.length} passages` : 'deleted or replaced meanwhile';
  } catch (error) {
    const reason = reasonOf(error);
    if (reason === null) throw error;
    log.info({ ...revision, type: file.type, reason }, 'an uploaded file cannot be indexed');
    await failIndexing(ctx, { ...revision, reason });
    return 'failed';
  }
}

function reasonOf(error: unknown): string | null {
  if (error instanceof UnreadableFileError) return error.message;
  return error instanceof BlobNotFoundError
    ? 'The stored bytes of the file are gone; upload it again.'
    : null;
}

/** Without a provider, or while it is away, the words have to do; the sweep comes back for the rest. */
async function embedAll(
  ctx: Context,
  texts: readonly string[],
): Promise<{ readonly model: string | null; readonly vectors: readonly (readonly number[])[] }> {
  const { embedder } = ctx.services.ports;
  const without = { model: null, vectors: [] };
  if (embedder === null) return without;
  return embedder.embed(texts, { timeoutMs: embeddingTimeoutMs }).then(
    (vectors) => ({ model: embedder.model, vectors }),
    () => without,
  );
}
