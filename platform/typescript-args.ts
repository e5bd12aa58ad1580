import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

/**
 * The arguments that let a Node run our TypeScript files. From 24 on Node strips types by itself, and its compile
 * cache then works: a process starts with half the CPU that tsx takes. `version` is that of the Node to be started.
 */
export function typescriptArgs(version: string = process.versions.node): readonly string[] {
  return Number(version.split('.')[0]) >= 24
    ? ['--disable-warning=ExperimentalWarning']
    : ['--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href];
}

/**
 * For a process whose memory is to stay small. Node 24 otherwise lets 200 MB of garbage lie, most of it from linking
 * its own modules, before it looks at any: 64 MB of it young, the rest old until the heap first reaches a limit of its
 * own. And from then on the heap may grow by half, not to the double and more, before it looks again.
 */
export const smallHeap: readonly string[] = [
  '--max-semi-space-size=8',
  '--initial-old-space-size=32',
  '--heap-growing-percent=50',
];
