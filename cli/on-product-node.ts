import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { join } from 'node:path';
import { inheritedEnv } from '../platform/config.ts';
import { nodeBinary, nodeVersion, root } from './processes.ts';

/**
 * Runs a command line on the Node of the product's processes: what computes for minutes takes half as long there as on
 * Node 20. Answers its exit code, or null where that is the Node that runs us: then it is done here.
 */
export async function onProductNode(args: readonly string[]): Promise<number | null> {
  const node = nodeBinary(inheritedEnv().WORKER_NODE || undefined);
  if (nodeVersion(node) === process.versions.node) return null;
  const child = spawn(node, [join(root, 'cli', 'trunkline.mjs'), ...args], { stdio: 'inherit' });
  const forward = (signal: NodeJS.Signals) => void child.kill(signal);
  // From the terminal it has them already; from a service manager only we do.
  process.on('SIGINT', forward).on('SIGTERM', forward);
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  return code ?? 128 + constants.signals[signal ?? 'SIGKILL'];
}
