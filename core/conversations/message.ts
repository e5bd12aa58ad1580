import { z } from 'zod';
import type { conversationMessages } from '../../db/schema/conversation-messages.ts';

type Row = typeof conversationMessages.$inferSelect;

/** One use of a function, as it is kept and as the model sees it again. */
export const toolUse = z.object({
  toolCallId: z.string(),
  name: z.string(),
  /** As the model wrote them. */
  arguments: z.string(),
  ok: z.boolean(),
  result: z.unknown(),
  durationMs: z.number(),
  status: z.number().optional(),
  attempts: z.number().optional(),
});
export type ToolUseRecord = z.output<typeof toolUse>;

const noData = z.object({});

const entry = z.discriminatedUnion('role', [
  z.object({ role: z.literal('user'), text: z.string(), data: noData }),
  z.object({
    role: z.literal('agent'),
    text: z.string(),
    data: z.object({
      /** Message → first bit, and → last bit. Left out for a first message. */
      firstTokenMs: z.number().optional(),
      tookMs: z.number().optional(),
      /** Nobody waited for the rest. */
      interrupted: z.boolean().optional(),
    }),
  }),
  z.object({ role: z.literal('tool'), text: z.string(), data: toolUse }),
  /** Fields by the agent's note schema. */
  z.object({
    role: z.literal('note'),
    text: z.string(),
    data: z.object({ fields: z.record(z.string(), z.unknown()) }),
  }),
  /** What went wrong, in words for the operator. */
  z.object({ role: z.literal('error'), text: z.string(), data: noData }),
]);
export type MessageBody = z.output<typeof entry>;

export type ConversationMessage = MessageBody & { readonly seq: number; readonly createdAt: Date };

export const readMessage = ({ seq, createdAt, role, text, data }: Row): ConversationMessage => ({
  ...entry.parse({ role, text, data }),
  seq,
  createdAt,
});
