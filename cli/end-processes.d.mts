export function endProcesses(
  wards: readonly {
    readonly pid: number;
    readonly start: string;
    readonly signal: string;
    readonly rank: number;
  }[],
  graceMs: number,
): Promise<void>;
