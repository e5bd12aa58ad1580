export function treeKiller(pid: number): () => void;
