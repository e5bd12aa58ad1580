export { changeRegistry } from './change.ts';
export { createRegistry } from './create.ts';
export { deleteRegistry } from './delete.ts';
export { importRegistry } from './import.ts';
export { getRegistry, listRegistries } from './read.ts';
export { receiveRegistry } from './receive.ts';
export { type CallRegistry, registryFields, registryFileBytes } from './registry.ts';
