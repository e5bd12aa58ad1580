export function withFileLock<T>(
  file: string,
  run: () => Promise<T> | T,
  onWait?: (ownerPid: number) => void,
): Promise<T>;
