export function ensurePackages(root: string): Promise<void>;
export function packagesFresh(root: string): boolean;
export function installedMatchesLock(root: string): boolean;
