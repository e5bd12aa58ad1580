export function hasFront(): boolean;
export function runInOwnSession(): Promise<number>;
