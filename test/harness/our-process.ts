import { compileCache, nodeBinary, nodeVersion } from '../../cli/processes.ts';
import { inheritedEnv } from '../../platform/config.ts';
import { typescriptArgs } from '../../platform/typescript-args.ts';

/** A Node, and what it needs to run a TypeScript file of ours. */
export interface OurNode {
  readonly path: string;
  readonly args: readonly string[];
}

/** The one that `trunkline start` prefers: it takes half of the processor time to start. */
export const preferredNode: OurNode = withArgs(nodeBinary(undefined));
/** The one of this machine: what the product runs on where the other is not to be had. */
export const thisNode: OurNode = withArgs(inheritedEnv().TRUNKLINE_TEST_NODE ?? process.execPath);

function withArgs(path: string): OurNode {
  return { path, args: typescriptArgs(nodeVersion(path)) };
}

/** What a process of ours inherits; its modules are compiled once for all of them. */
export function ourEnv(): Record<string, string> {
  const inherited = inheritedEnv();
  return { ...inherited, NODE_COMPILE_CACHE: compileCache(inherited) };
}
