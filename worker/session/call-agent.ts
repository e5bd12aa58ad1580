import type { ReadableStream } from 'node:stream/web';
import { FlushSentinel, type llm, voice } from '@livekit/agents';
import type { AudioFrame } from '@livekit/rtc-node';
import { guardLlm, type LlmGuardHooks } from './guard-llm.ts';
import { untilInterrupted } from './interruption.ts';
import { withoutCalls } from './without-calls.ts';

/** What the agent asks of the call around it. */
export interface CallAgentHooks extends LlmGuardHooks {
  /** The model goes on calling functions where it may not. */
  readonly onRunaway: () => void;
  /** The agent was told to keep silent; what the caller says is then heard by `hearSilently` alone. */
  readonly silent: () => boolean;
  readonly hearSilently: (message: llm.ChatMessage) => void;
  /** Of an agent that takes over from another one: its first words. */
  readonly onEnter?: (() => void) | undefined;
  /** The context with what the agent's files say about its last question. Left out: there are no files. */
  readonly withKnowledge?: ((context: llm.ChatContext) => Promise<llm.ChatContext>) | undefined;
}

type Llm = Parameters<voice.Agent['llmNode']>;
type Tts = Parameters<voice.Agent['ttsNode']>;
type Transcription = Parameters<voice.Agent['transcriptionNode']>;

/**
 * The official agent with its weak spots guarded: a model that stalls or fails says something nevertheless, and who is
 * interrupted stops at once. Voices that fail are the providers' matter (worker/providers/fallback).
 */
export class CallAgent extends voice.Agent {
  readonly #hooks: CallAgentHooks;

  constructor(
    options: Pick<
      ConstructorParameters<typeof voice.Agent>[0],
      'instructions' | 'chatCtx' | 'tools' | 'stt' | 'llm' | 'tts'
    >,
    hooks: CallAgentHooks,
  ) {
    super({ id: 'trunkline', ...options });
    this.#hooks = hooks;
  }

  override async onEnter(): Promise<void> {
    this.#hooks.onEnter?.();
  }

  override async onUserTurnCompleted(_context: llm.ChatContext, message: llm.ChatMessage): Promise<void> {
    if (!this.#hooks.silent()) return;
    this.#hooks.hearSilently(message);
    throw new voice.StopResponse();
  }

  override async llmNode(
    ...[context, ...rest]: Llm
  ): Promise<ReadableStream<llm.ChatChunk | string | FlushSentinel> | null> {
    if (this.#hooks.silent()) return null;
    // Here and not in onUserTurnCompleted: a context that is changed there throws away the reply begun ahead.
    const known = (await this.#hooks.withKnowledge?.(context)) ?? context;
    const stream = await super.llmNode(known, ...rest);
    if (!stream) return null;
    // The framework forbids functions after too many in a row, and drops what a model calls nevertheless: silence.
    const [, { toolChoice }] = rest;
    const heard = toolChoice === 'none' ? withoutCalls(stream, this.#hooks.onRunaway) : stream;
    return untilInterrupted(guardLlm(heard, this.#hooks, FlushSentinel));
  }

  override async ttsNode(...[text, settings]: Tts): Promise<ReadableStream<AudioFrame> | null> {
    const stream = await super.ttsNode(text, settings);
    return stream && untilInterrupted(stream);
  }

  override async transcriptionNode(
    ...[text, settings]: Transcription
  ): ReturnType<voice.Agent['transcriptionNode']> {
    const stream = await super.transcriptionNode(text, settings);
    return stream && untilInterrupted(stream);
  }
}
