export function handOver(
  command: string,
  args: readonly string[],
  options?: { cwd?: string; env?: NodeJS.ProcessEnv; detached?: boolean },
): Promise<number>;
export function whenParentIsGone(gone: () => void, parent?: number): void;
