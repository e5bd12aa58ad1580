import { growing, job } from '../define.ts';
import { indexFile } from '../knowledge/index-file.ts';

/** A file takes a process for itself, so few at once. */
export const indexKnowledgeJob = job({
  name: 'index-knowledge',
  attempts: 8,
  backoff: growing(2_000),
  concurrency: 2,
  run: (services, revision) => indexFile(services, revision),
});
