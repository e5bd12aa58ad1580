export { beginTransferDial, type TransferOrder } from './begin-dial.ts';
export { transferLane } from './lane.ts';
export { recordTransferDial } from './record-dial.ts';
export { getTransfer, stepTransfer } from './settle.ts';
export { startTransfer } from './start.ts';
export * from './wire.ts';
