import type { AgentDefinition } from '../agents/definition.ts';
import type { ModelMessage } from '../ports.ts';
import { limits } from './limits.ts';
import type { ConversationMessage } from './message.ts';

const inWriting =
  'This conversation is in writing, in a chat window: your words are read, not heard. Keep answers short.';
const charsPerToken = 4;
/** A result is not cut shorter, however many there are. */
const leastResultLength = 200;

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

/**
 * The newest messages that fit, from the last question on whatever there is. Each stands by itself, a function's call
 * and result in one, so any cut is a clean one.
 */
function recentOf(history: readonly ConversationMessage[]): readonly ConversationMessage[] {
  const heard = history.filter(({ role }) => role === 'user' || role === 'agent' || role === 'tool');
  const question = Math.max(
    heard.findLastIndex(({ role }) => role === 'user'),
    0,
  );
  const turn = fitted(heard.slice(question));
  let tokens = turn.reduce((sum, message) => sum + tokensOf(message), 0);
  let from = question;
  while (from > 0 && heard.length - from < limits.historyMessages) {
    const message = heard[from - 1];
    tokens += message === undefined ? 0 : tokensOf(message);
    if (tokens > limits.historyTokens) break;
    from--;
  }
  return [...heard.slice(from, question), ...turn];
}

/** What functions answered since the question shares the room that the rest leaves: the longest results are cut. */
function fitted(turn: readonly ConversationMessage[]): readonly ConversationMessage[] {
  const excess = turn.reduce((sum, message) => sum + tokensOf(message), 0) - limits.historyTokens;
  if (excess <= 0) return turn;
  const lengths = turn.flatMap((message) => (message.role === 'tool' ? [resultOf(message.data).length] : []));
  const room = lengths.reduce((sum, length) => sum + length, 0) - excess * charsPerToken;
  const share = Math.max(fairShare(lengths, room), leastResultLength);
  return turn.map((message) => (message.role === 'tool' ? withShorterResult(message, share) : message));
}

/** The length to which the longest must be cut for all to fit. */
function fairShare(lengths: readonly number[], room: number): number {
  let left = room;
  const shortestFirst = lengths.toSorted((a, b) => a - b);
  for (const [index, length] of shortestFirst.entries()) {
    const share = Math.floor(left / (shortestFirst.length - index));
    if (length > share) return share;
    left -= length;
  }
  return left;
}

type ToolMessage = Extract<ConversationMessage, { role: 'tool' }>;

function withShorterResult(message: ToolMessage, length: number): ToolMessage {
  const result = resultOf(message.data);
  if (result.length <= length) return message;
  // Half of a surrogate pair is no character.
  const kept = result.slice(0, length).replace(/[\uD800-\uDBFF]$/, '');
  return { ...message, data: { ...message.data, result: `${kept}\n[cut after ${kept.length} characters]` } };
}

const resultOf = ({ result }: ToolMessage['data']): string =>
  typeof result === 'string' ? result : (JSON.stringify(result) ?? '');

const tokensOf = (message: ConversationMessage): number => {
  const { text, role, data } = message;
  const length = role === 'tool' ? data.arguments.length + resultOf(data).length : text.length;
  return Math.ceil(length / charsPerToken) + 4;
};

function forModel(message: ConversationMessage): ModelMessage[] {
  switch (message.role) {
    case 'user':
      return [{ role: 'user', content: message.text }];
    case 'agent':
      return message.text === '' ? [] : [{ role: 'assistant', content: message.text }];
    case 'tool': {
      const { toolCallId, name, arguments: args } = message.data;
      return [
        { role: 'assistant', content: '', toolCalls: [{ id: toolCallId, name, arguments: args }] },
        { role: 'tool', toolCallId, content: resultOf(message.data) },
      ];
    }
    default:
      return [];
  }
}
