import { join } from 'node:path';
import { inheritedEnv } from '../platform/config.ts';
import { handOver } from './hand-over.mjs';
import { nodeBinary, nodeVersion, root } from './processes.ts';

/**
 * Runs a command line on the Node of the product's processes: what computes for minutes takes half as long there as on
 * Node 20. Answers its exit code, or null where that is the Node that runs us: then it is done here.
 */
export async function onProductNode(args: readonly string[]): Promise<number | null> {
  const node = nodeBinary(inheritedEnv().WORKER_NODE || undefined);
  if (nodeVersion(node) === process.versions.node) return null;
  return handOver(node, [join(root, 'cli', 'trunkline.mjs'), ...args]);
}
