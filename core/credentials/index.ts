export { createCredential } from './create.ts';
export type { Credential } from './credential.ts';
export { deleteCredential } from './delete.ts';
export { listCredentials } from './list.ts';
export { replaceCredential } from './replace.ts';
export { readSecrets, resolveCallCredentials } from './resolve.ts';
