export function processStart(pid: number): string | undefined;
export function isSameProcess(pid: number, start: string | undefined): boolean;
export function signalProcess(
  known: { readonly pid: number; readonly start: string | undefined },
  signal: NodeJS.Signals,
): void;
export function statFields(pid: number): string[] | undefined;
