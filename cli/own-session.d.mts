export function hasFront(): boolean;
export function whenFrontIsGone(gone: () => void): void;
export function runInOwnSession(): Promise<number>;
