/** In whose name a built-in function works: one call, or one chat. */
export interface ToolSubject {
  readonly workspaceId: string;
  readonly agentId: string;
  readonly callId: string | null;
  readonly conversationId: string | null;
  /** The person's own number, E.164; null: not known. */
  readonly personNumber: string | null;
  /** The number that the agent has in this; null: none. */
  readonly agentNumber: string | null;
  /** IANA zone of the person, where a variable says it. */
  readonly timeZone: string | null;
}

/** One use of a tool in one call or chat: whatever it makes, it makes once. */
export const requestKey = ({ callId, conversationId }: ToolSubject, toolCallId: string): string =>
  `${callId ?? conversationId ?? ''}:${toolCallId}`;
