export type { Conversation, ConversationListItem } from './conversation.ts';
export { endConversation } from './end.ts';
export { type ConversationWithMessages, getConversation } from './get.ts';
export { limits as conversationLimits } from './limits.ts';
export { listConversations } from './list.ts';
export type { ConversationMessage, ToolUseRecord } from './message.ts';
export { type SendEvent, sendMessage } from './send.ts';
export { type StartedConversation, startConversation } from './start.ts';
