import type { AgentDefinition } from '../agents/definition.ts';
import type { ModelMessage } from '../ports.ts';
import { limits } from './limits.ts';
import type { ConversationMessage } from './message.ts';

const inWriting =
  'This conversation is in writing, in a chat window: your words are read, not heard. Keep answers short.';

/** What a model gets for its next step. Pure. `passages`: what the agent's files say, put before the last question. */
export function promptFor(
  { systemPrompt }: Pick<AgentDefinition, 'systemPrompt'>,
  history: readonly ConversationMessage[],
  passages: string,
): ModelMessage[] {
  const recent = recentOf(history);
  const question = recent.findLastIndex(({ role }) => role === 'user');
  return [
    { role: 'system', content: `${systemPrompt}\n\n${inWriting}`.trim() },
    ...recent.flatMap((message, index) => [
      ...(index === question && passages !== '' ? [{ role: 'system', content: passages } as const] : []),
      ...forModel(message),
    ]),
  ];
}

/** The newest messages that fit. Each stands by itself, a function's call and result in one, so any cut is a clean one. */
export function recentOf(history: readonly ConversationMessage[]): readonly ConversationMessage[] {
  const heard = history.filter(({ role }) => role === 'user' || role === 'agent' || role === 'tool');
  let tokens = 0;
  let from = heard.length;
  while (from > 0 && heard.length - from < limits.historyMessages) {
    const message = heard[from - 1];
    tokens += message === undefined ? 0 : tokensOf(message);
    // The last question is never left out, however long it is.
    if (tokens > limits.historyTokens && from < heard.length) break;
    from--;
  }
  return heard.slice(from);
}

const tokensOf = ({ text, data }: ConversationMessage): number =>
  Math.ceil((text.length + JSON.stringify(data).length) / 4) + 4;

function forModel(message: ConversationMessage): ModelMessage[] {
  switch (message.role) {
    case 'user':
      return [{ role: 'user', content: message.text }];
    case 'agent':
      return message.text === '' ? [] : [{ role: 'assistant', content: message.text }];
    case 'tool': {
      const { toolCallId, name, arguments: args, result } = message.data;
      return [
        { role: 'assistant', content: '', toolCalls: [{ id: toolCallId, name, arguments: args }] },
        { role: 'tool', toolCallId, content: typeof result === 'string' ? result : JSON.stringify(result) },
      ];
    }
    default:
      return [];
  }
}
