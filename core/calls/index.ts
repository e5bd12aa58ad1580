export { abandonCall } from './abandon.ts';
export { announceCall } from './announce.ts';
export type { AnnouncedCall } from './announced.ts';
export { awaitAgent } from './await-agent.ts';
export { beginDial, type DialOrder, type DialRoute } from './begin-dial.ts';
export { beginRescue } from './begin-rescue.ts';
export {
  type Call,
  type CallStatus,
  type DialOutcome,
  type Disposition,
  hasNeverHadAgent,
  isDialOpen,
} from './call.ts';
export type { CallListItem } from './call-pages.ts';
export { clearDial } from './clear-dial.ts';
export { dialLane, queuedLane } from './dial-lane.ts';
export { endCall } from './end.ts';
export { endBridgedCall } from './end-bridged.ts';
export * from './events.ts';
export { exportCalls } from './export.ts';
export { finalizeCall } from './finalize.ts';
export { type CallWithTranscript, getCall } from './get.ts';
export { getCallPlan } from './get-plan.ts';
export { listCalls } from './list.ts';
export { listCallsOfRooms } from './list-of-rooms.ts';
export { listOpenCalls } from './list-open.ts';
export { placeCall } from './place.ts';
export * from './plan.ts';
export { putOffDial } from './put-off-dial.ts';
export { recordDialOutcome } from './record-dial-outcome.ts';
export { recordEvents } from './record-events.ts';
export { startInboundCall } from './start-inbound.ts';
export { startWebCall, threadKeyField, type WebCall } from './start-web.ts';
export type { TranscriptTurn } from './transcript.ts';
export type { TrunkLane } from './trunk-lane.ts';
