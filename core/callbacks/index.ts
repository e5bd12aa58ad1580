export { listCallbacks } from './list.ts';
export { type Callback, placeDueCallbacks } from './place-due.ts';
export { callbackArguments, scheduleCallback } from './schedule.ts';
