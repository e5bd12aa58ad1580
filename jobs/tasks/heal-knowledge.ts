import { steady, sweep } from '../define.ts';
import { healKnowledge } from '../knowledge/heal.ts';

export const healKnowledgeSweep = sweep({
  name: 'heal-knowledge',
  attempts: 1,
  backoff: steady(1_000),
  concurrency: 1,
  timeoutMs: 60_000,
  run: (services) => healKnowledge(services),
});
