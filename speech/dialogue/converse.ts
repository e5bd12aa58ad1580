import type { Dialogue, ToolUse } from './schema.ts';
import { takeTurn } from './take-turn.ts';
import { findTool, isFailure, type OfferedTool, resultText, slotTexts, toolArguments } from './tools.ts';
import { type Action, newState, type Say, type State, say } from './turn.ts';
import { fillTemplate, readVariables } from './variables.ts';

/** A message of the conversation, whatever the wire calls it. */
export type Message =
  | { readonly role: 'system' | 'user'; readonly text: string }
  | {
      readonly role: 'assistant';
      readonly text: string;
      readonly calls: readonly { id: string; name: string }[];
    }
  | { readonly role: 'tool'; readonly text: string; readonly callId: string };

export interface ConverseRequest {
  readonly dialogue: Dialogue;
  readonly messages: readonly Message[];
  readonly tools: readonly OfferedTool[];
  /** A tool's name forces it, 'required' any of them, 'none' forbids all. */
  readonly toolChoice: 'auto' | 'none' | 'required' | { readonly name: string };
  readonly today: Date;
}

export interface Reply {
  readonly text: string;
  readonly call?: { readonly name: string; readonly arguments: Readonly<Record<string, unknown>> };
}

/** The scripted model: replays the conversation through the dialogue and answers its last message. */
export function converse(request: ConverseRequest): Reply {
  const { dialogue, messages } = request;
  const prompt = messages.flatMap((message) => (message.role === 'system' ? [message.text] : [])).join('\n');
  const variables = { ...dialogue.variables, ...readVariables(prompt) };
  const today = dateOf(variables.today ?? variables.current_date) ?? request.today;
  const { state, action, results } = replay(dialogue, messages, today);
  if (results.length > 0)
    return {
      text: fillTemplate(afterTools(dialogue, results), {
        ...variables,
        ...sentSlots(state),
        result: lastResult(results),
      }),
    };
  const offered = request.toolChoice === 'none' ? [] : request.tools;
  return forced(request, action, variables) ?? perform(action, state, offered, variables);
}

interface ToolResult {
  readonly name: string;
  readonly content: string;
}

interface Replayed {
  readonly state: State;
  readonly action: Action;
  /** What came back after the last words of the caller and has not been spoken about. */
  readonly results: readonly ToolResult[];
}

function replay(dialogue: Dialogue, messages: readonly Message[], today: Date): Replayed {
  let state = newState;
  let action: Action = { say: [say(dialogue.greeting, 0)], slots: {} };
  let results: ToolResult[] = [];
  /** What the caller has said since they were last answered, and where the conversation stood before. */
  let said: string[] = [];
  let before = state;
  const names = new Map<string, string>();
  for (const message of messages) {
    if (message.role === 'user') {
      results = [];
      if (message.text.trim() === '') continue;
      if (said.length === 0) before = state;
      said.push(message.text);
      ({ state, action } = takeTurn(dialogue, before, said.join(' '), today));
    } else if (message.role === 'assistant') {
      said = [];
      for (const { id, name } of message.calls) names.set(id, name);
      if (message.text !== '') results = [];
    } else if (message.role === 'tool') {
      const result = { name: names.get(message.callId) ?? '', content: message.text };
      results.push(result);
      state = afterResult(dialogue, state, result);
    }
  }
  return { state, action, results };
}

/** A form whose tool failed is open again: the caller may change something and try once more. */
function afterResult(dialogue: Dialogue, state: State, { name, content }: ToolResult): State {
  const form = state.sent && dialogue.forms[state.sent.form];
  if (!state.sent || !form || !isFailure(content) || !findTool(form.tool, [{ name }])) return state;
  return { ...state, form: { ...state.sent, asking: 'change', misses: 0 } };
}

const toolUses = (dialogue: Dialogue): ToolUse[] => [
  ...Object.values(dialogue.forms).map((form) => form.tool),
  ...dialogue.intents.flatMap((intent) => intent.tool ?? []),
];

function afterTools(dialogue: Dialogue, results: readonly ToolResult[]): string {
  const lines = results.map(({ name, content }) => {
    const use = toolUses(dialogue).find((candidate) => findTool(candidate, [{ name }]));
    if (isFailure(content)) return use?.failed?.[0] ?? 'I am sorry, that did not work.';
    return use ? (use.done?.[0] ?? '') : 'That is done.';
  });
  return lines.filter(Boolean).join(' ');
}

const lastResult = (results: readonly ToolResult[]): string => resultText(results.at(-1)?.content ?? '');

const sentSlots = (state: State): Record<string, string> => slotTexts(state.sent?.slots ?? {}, false);

function perform(
  { say: parts, tool: use, slots }: Action,
  state: State,
  offered: readonly OfferedTool[],
  variables: Readonly<Record<string, string>>,
): Reply {
  const values = { ...variables, ...slotTexts(slots, false) };
  const text = (list: readonly Say[]) =>
    list.map(({ lines, pick }) => fillTemplate(choose(lines, pick), values)).join(' ');
  if (!use) return { text: text(parts) };
  const tool = findTool(use, offered);
  if (!tool) return { text: text([...parts, say(use.without, state.turns)]) };
  return {
    text: text(use.say ? [...parts, say(use.say, state.turns)] : parts),
    call: { name: tool.name, arguments: toolArguments(use, tool, { slots, variables }) },
  };
}

/** `tool_choice` demands a call, also where the dialogue would only talk. */
function forced(
  { dialogue, tools, toolChoice }: ConverseRequest,
  action: Action,
  variables: Readonly<Record<string, string>>,
): Reply | undefined {
  if (toolChoice === 'auto' || toolChoice === 'none') return undefined;
  const wanted = toolChoice === 'required' ? action.tool && findTool(action.tool, tools) : undefined;
  const tool =
    wanted ?? (toolChoice === 'required' ? tools[0] : tools.find(({ name }) => name === toolChoice.name));
  if (!tool) return undefined;
  const use = toolUses(dialogue).find((candidate) => findTool(candidate, [tool]));
  const call = use ? toolArguments(use, tool, { slots: action.slots, variables }) : {};
  return { text: '', call: { name: tool.name, arguments: call } };
}

const choose = (lines: readonly string[], pick: number): string => lines[pick % lines.length] ?? '';

function dateOf(text: string | undefined): Date | undefined {
  const ms = Date.parse(text ?? '');
  return Number.isNaN(ms) ? undefined : new Date(ms);
}
