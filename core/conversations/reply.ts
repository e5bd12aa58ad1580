import type { AgentDefinition } from '../agents/definition.ts';
import { endPhraseIn } from '../agents/end-phrases.ts';
import type { WebhookContext } from '../brains/webhook.ts';
import type { OperationContext } from '../context.ts';
import { readSecrets } from '../credentials/index.ts';
import { hasKnowledge } from '../knowledge/has-knowledge.ts';
import { questionIn, quotePassages } from '../knowledge/quote-passages.ts';
import { retrieve } from '../knowledge/retrieve.ts';
import { LanguageModelError } from '../language-model-error.ts';
import type { ModelToolCall } from '../ports.ts';
import { maxCallsAtOnce, type Tool } from '../tools/tool.ts';
import { apology } from './apology.ts';
import { brainOf } from './brain.ts';
import { carryOut } from './carry-out.ts';
import { handOffConversation } from './hand-off.ts';
import { limits } from './limits.ts';
import type { MessageBody, ToolUseRecord } from './message.ts';
import { promptFor } from './prompt.ts';
import type { Speaker } from './speaker.ts';
import type { TakenMessage } from './take-message.ts';
import { chatTools } from './tools.ts';

export type ReplyEvent =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'tool'; readonly use: ToolUseRecord };

/** Somebody waits for a reply; what the files say must be there soon. */
const embeddingTimeoutMs = 500;
const knowledgePassages = 4;

/**
 * One reply of an agent to the last message of a conversation: thinks, calls functions, and says something whatever
 * happens. What it said and did is in `bodies` as it comes, also when nobody waits for the end.
 */
export class ChatReply {
  readonly bodies: MessageBody[] = [];
  readonly #ctx: OperationContext;
  readonly #taken: TakenMessage;
  readonly #startedAt = Date.now();
  #speaker: Speaker;
  /** Whom the conversation was just handed to. */
  #next: Speaker | undefined;
  #text = '';
  #firstTokenMs: number | undefined;
  #ends = false;
  #used = 0;

  constructor(ctx: OperationContext, taken: TakenMessage, speaker: Speaker) {
    this.#ctx = ctx;
    this.#taken = taken;
    this.#speaker = speaker;
  }

  get #definition(): AgentDefinition {
    return this.#speaker.definition;
  }

  /** The agent has said goodbye. */
  get ends(): boolean {
    return this.#ends;
  }

  async *stream(signal: AbortSignal): AsyncGenerator<ReplyEvent> {
    let finished = false;
    try {
      yield* this.#answer(signal);
      for (let handed = 1; this.#next && !signal.aborted; handed++) {
        this.#speaker = this.#next;
        this.#next = undefined;
        const greeting = this.#definition.firstMessage.trim();
        if (greeting !== '') yield* this.#say(greeting);
        else yield* this.#answer(signal, { mayHandOff: handed < limits.handOffs });
      }
      if (!this.#hasSpoken() && !this.#ends && !signal.aborted) yield* this.#say(this.#apology());
      finished = !signal.aborted;
    } finally {
      this.#keepText(!finished);
    }
  }

  /** What one agent says and does, until it has nothing more to say or another goes on. */
  async *#answer(signal: AbortSignal, { mayHandOff = true } = {}): AsyncGenerator<ReplyEvent> {
    const [passages, { tools, close }] = await Promise.all([
      this.#knowledge(),
      this.#tools(signal, mayHandOff),
    ]);
    try {
      for (let step = 0; ; step++) {
        const calls = yield* this.#think(step < limits.toolSteps ? tools : new Map(), passages, signal);
        if (calls.length === 0 || signal.aborted) break;
        if (step >= limits.toolSteps) {
          this.#problem('The model called functions again and again; it was stopped.');
          break;
        }
        for (const call of calls.slice(0, maxCallsAtOnce)) yield* this.#use(call, tools, signal);
        if (calls.length > maxCallsAtOnce)
          this.#problem(
            `The model called ${calls.length} functions at once; only ${maxCallsAtOnce} were carried out.`,
          );
        if (this.#ends || this.#next) break;
      }
    } finally {
      await close();
    }
  }

  #apology(): string {
    const { brain, language } = this.#definition;
    return (brain.kind === 'webhook' && brain.fallbackText) || apology(language);
  }

  async #webhook(): Promise<WebhookContext> {
    const { id, workspaceId } = this.#taken.conversation;
    const secrets = await readSecrets(this.#ctx, workspaceId, this.#definition);
    return {
      headers: { 'x-trunkline-conversation': id },
      allowHosts: this.#ctx.services.ports.allowedHosts,
      credential: async (name) => secrets.get(name) ?? null,
    };
  }

  async *#think(
    tools: ReadonlyMap<string, Tool>,
    passages: string,
    signal: AbortSignal,
  ): AsyncGenerator<ReplyEvent, ModelToolCall[]> {
    const history = [...this.#taken.history, ...this.bodies.map(asMessage)];
    const offered = [...tools.values()].map(({ name, description, parameters }) => ({
      ...{ name, description, parameters },
    }));
    const calls: ModelToolCall[] = [];
    try {
      const brain = brainOf(this.#definition, this.#ctx.services.ports, () => this.#webhook());
      for await (const delta of brain.think(
        promptFor(this.#definition, history, passages),
        offered,
        signal,
      )) {
        if (signal.aborted) break;
        if (delta.type === 'text') yield* this.#say(delta.text);
        else calls.push({ id: delta.id, name: delta.name, arguments: delta.arguments });
      }
    } catch (error) {
      if (signal.aborted) return [];
      if (!(error instanceof LanguageModelError)) throw error;
      this.#problem(error.message);
      return [];
    }
    // What is said before a function is called is a message of its own.
    if (calls.length > 0) this.#keepText(false);
    return calls;
  }

  async *#use(
    call: ModelToolCall,
    tools: ReadonlyMap<string, Tool>,
    signal: AbortSignal,
  ): AsyncGenerator<ReplyEvent> {
    const startedAt = Date.now();
    // Models repeat the ids of their calls; here one use has one.
    const toolCallId = `${this.#taken.conversation.messageCount}-${++this.#used}-${call.id}`.slice(0, 200);
    const outcome = await carryOut(call, tools, { toolCallId, signal }, this.#ctx.log);
    const use: ToolUseRecord = {
      ...{ toolCallId, name: call.name, arguments: call.arguments },
      ...outcome,
      durationMs: Date.now() - startedAt,
    };
    this.bodies.push({ role: 'tool', text: '', data: use });
    yield { type: 'tool', use };
  }

  *#say(text: string): Generator<ReplyEvent> {
    this.#firstTokenMs ??= Date.now() - this.#startedAt;
    this.#text += text;
    yield { type: 'text', text };
  }

  /** "One moment" before a function is no answer to what it found. */
  #hasSpoken(): boolean {
    const last = this.bodies.findLast(({ role }) => role === 'agent' || role === 'tool');
    return this.#text.trim() !== '' || last?.role === 'agent';
  }

  #keepText(interrupted: boolean): void {
    const text = this.#text.trim();
    this.#text = '';
    if (text === '') return;
    if (!interrupted && endPhraseIn(text, this.#definition.endCallPhrases)) this.#ends = true;
    const data = {
      ...(this.#firstTokenMs === undefined ? {} : { firstTokenMs: this.#firstTokenMs }),
      tookMs: Date.now() - this.#startedAt,
      ...(interrupted ? { interrupted } : {}),
    };
    this.bodies.push({ role: 'agent', text, data });
  }

  #problem(message: string): void {
    this.#ctx.log.warn(
      { conversationId: this.#taken.conversation.id, reason: message },
      'a reply had trouble',
    );
    this.bodies.push({ role: 'error', text: message, data: {} });
  }

  async #knowledge(): Promise<string> {
    const { history } = this.#taken;
    const { agentId } = this.#speaker;
    if (!(await hasKnowledge(this.#ctx, agentId))) return '';
    const said = history.filter(({ role }) => role === 'user').map(({ text }) => text);
    const passages = await retrieve(this.#ctx, {
      agentId,
      question: questionIn(said),
      limit: knowledgePassages,
      embeddingTimeoutMs,
    });
    return passages.length === 0 ? '' : quotePassages(passages);
  }

  #tools(signal: AbortSignal, mayHandOff: boolean) {
    const { conversation } = this.#taken;
    const definition = mayHandOff ? this.#definition : { ...this.#definition, handoffTargets: [] };
    return chatTools(this.#ctx, conversation, definition, {
      signal,
      handOff: async (agentId) => {
        this.#next = await handOffConversation(this.#ctx, { conversationId: conversation.id, agentId });
      },
      keepNote: (fields) => void this.bodies.push({ role: 'note', text: '', data: { fields } }),
      end: () => {
        this.#ends = true;
      },
      problem: (message) => this.#problem(message),
    });
  }
}

const asMessage = (body: MessageBody, index: number) => ({ ...body, seq: index, createdAt: new Date(0) });
