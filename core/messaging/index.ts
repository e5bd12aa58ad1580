export { CarrierError } from './carrier-error.ts';
export { expireTextMessages } from './expire.ts';
export { listTextMessages, type TextMessage } from './list.ts';
export { messageArguments, queueMessage } from './queue-message.ts';
export { beginSending, finishSending, type MessageToSend } from './send-message.ts';
