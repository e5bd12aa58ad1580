import type { AgentDefinition } from '../agents/definition.ts';
import { fillVersion } from '../agents/fill-version.ts';
import type { OperationContext } from '../context.ts';
import { withThread } from '../threads/with-thread.ts';
import type { Conversation } from './conversation.ts';

/** Who answers in a chat. */
export interface Speaker {
  readonly agentId: string;
  /** With the chat's values in every text, and what was said before with the same person. */
  readonly definition: AgentDefinition;
}

/** The agent that has the chat now: the one it began with, or whom it was handed to since. */
export async function speakerOf(
  ctx: Pick<OperationContext, 'db'>,
  conversation: Conversation,
): Promise<Speaker> {
  const version = conversation.currentVersionId ?? conversation.agentVersionId;
  const { agentId, definition } = await fillVersion(ctx, version, chatFacts(conversation));
  return { agentId, definition: await withThread(ctx, definition, conversation) };
}

/** What a chat knows beside the variables that it was given. It may go on for days: the time is that of each reply. */
export const chatFacts = ({ variables }: Pick<Conversation, 'variables'>) => ({
  callerNumber: null,
  calledNumber: null,
  direction: 'inbound' as const,
  at: new Date(),
  variables,
});
