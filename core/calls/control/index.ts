export * from './command.ts';
export { type ControlResult, controlCall } from './send.ts';
export { type SupervisorSeat, superviseCall } from './supervise.ts';
