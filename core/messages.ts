import { z } from 'zod';
import { callEvent } from './calls/events.ts';

/**
 * Messages that travel as BullMQ jobs between processes: queue name → payload. They carry ids, or events that have
 * no other home yet. Adding a queue: here, then a task in jobs/tasks/.
 */
export const messages = {
  /** From a worker: events of one call, in order. jobId `${callId}-${epoch}-${firstSeq}`. */
  'record-call-events': z.object({ events: z.array(callEvent).min(1) }),
  /** Ring the callee of a queued outbound call. */
  'dial-call': z.object({ callId: z.uuid() }),
  /** A worker host died with this call (or its agent vanished): dispatch another agent into the room. */
  'rescue-call': z.object({ callId: z.uuid(), epoch: z.number().int() }),
  /** Disposition, totals, cost; when every event is there. */
  'finalize-call': z.object({ callId: z.uuid() }),
  /** Bring LiveKit's trunks and dispatch rule of one number in step with the database. */
  'sync-number': z.object({ phoneNumberId: z.uuid() }),
  /** Ask the SIP server of a new or changed trunk whether it is there. */
  'test-trunk': z.object({ phoneNumberId: z.uuid() }),
  /** LiveKit objects of a deleted number. */
  'remove-number': z.object({
    inboundTrunkId: z.string().nullable(),
    outboundTrunkId: z.string().nullable(),
    dispatchRuleId: z.string().nullable(),
  }),
  /** Give a deleted number back to the carrier it was bought from. */
  'release-number': z.object({
    workspaceId: z.uuid(),
    carrier: z.enum(['twilio', 'telnyx', 'vonage']),
    e164: z.string(),
    carrierNumberId: z.string(),
  }),
  /** Summary, structured output and so on of a finished call. */
  'analyze-call': z.object({ callId: z.uuid(), run: z.number().int().min(1) }),
  /** Ring the person of a transfer into the room of its call; take the leg of one that came to nothing away. */
  'dial-transfer': z.object({ transferId: z.uuid() }),
  'end-transfer': z.object({ transferId: z.uuid() }),
  /** Capture the packets of the next call of a number. */
  'capture-packets': z.object({ captureId: z.uuid() }),
  /** Hang up a live call from outside. */
  'end-call': z.object({ callId: z.uuid() }),
  /** Hand an SMS to the carrier. */
  'send-text-message': z.object({ messageId: z.uuid() }),
  /** Hand a mail to the mail server. */
  'send-email': z.object({ emailId: z.uuid() }),
  /** Extract, cut and index one revision of an uploaded file. */
  'index-knowledge': z.object({ fileId: z.uuid(), revision: z.number().int() }),
  /** Turn an uploaded list into contacts; one run of it. */
  'import-contacts': z.object({ listId: z.uuid(), run: z.number().int() }),
  /** Let those of a campaign wait again whom the rules had blocked that were changed with this version. */
  'reopen-contacts': z.object({ campaignId: z.uuid(), version: z.number().int() }),
  /** Turn an uploaded do-not-call registry into its next version. */
  'import-registry': z.object({ registryId: z.uuid(), version: z.number().int() }),
  /** Bytes nobody refers to any more. */
  'remove-blobs': z.object({ keys: z.array(z.string()).min(1) }),
} as const;

export type MessageName = keyof typeof messages;
export type MessageInput<N extends MessageName> = z.input<(typeof messages)[N]>;
export type Message<N extends MessageName> = z.output<(typeof messages)[N]>;
