export function processStart(pid: number): string | undefined;
export function isSameProcess(pid: number, start: string | undefined): boolean;
export function statFields(pid: number): string[] | undefined;
