export type { ApiKey } from './api-key.ts';
export { createApiKey, type NewApiKey } from './create.ts';
export { listApiKeys } from './list.ts';
export { revokeApiKey } from './revoke.ts';
