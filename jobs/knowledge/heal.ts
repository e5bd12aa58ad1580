import { listUnfinished } from '../../core/knowledge/index.ts';
import type { JobServices } from '../services.ts';

const forgottenAfterMs = 10 * 60_000;
const atOnce = 20;

/** Queues files again that the queue has forgotten, and those that still lack the embeddings of today's model. */
export async function healKnowledge({ ctx, core, queues, log }: JobServices): Promise<string> {
  const { embedder } = core.ports;
  const answers = await embedder?.embed(['hello'], { timeoutMs: 5_000 }).then(
    () => true,
    () => false,
  );
  const unfinished = await listUnfinished(ctx, {
    olderThanMs: forgottenAfterMs,
    embeddingModel: answers && embedder ? embedder.model : null,
    limit: atOnce,
  });
  const round = Date.now();
  await queues.send(
    unfinished.map((revision) => ({
      name: 'index-knowledge' as const,
      payload: revision,
      jobId: `heal-${revision.fileId}-${round}`,
      key: `knowledge-${revision.fileId}-${revision.revision}`,
      delayMs: 0,
    })),
  );
  if (unfinished.length > 0) log.info({ files: unfinished.length }, 'knowledge files are indexed again');
  return `${unfinished.length} to index`;
}
