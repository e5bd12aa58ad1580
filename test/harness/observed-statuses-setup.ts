import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

/** For the whole run, whichever groups of it: one writes, another one reads. */
export default async function observedStatusesSetup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'trunkline-statuses-'));
  project.provide('observedStatuses', folder);
  return () => rm(folder, { recursive: true, force: true });
}
