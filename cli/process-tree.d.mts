export function treeKiller(pid: number): () => void;
export function processTree(root: number): number[];
