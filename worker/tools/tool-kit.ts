import { llm, voice } from '@livekit/agents';
import type { CallPlan } from '../../core/calls/plan.ts';
import type { Secret } from '../../core/credentials/secret.ts';
import {
  maxCallsAtOnce,
  neutralFailure,
  type Tool,
  ToolError,
  type ToolFacts,
  type ToolOutcome,
} from '../../core/tools/tool.ts';
import type { Logger } from '../../platform/log.ts';
import type { EventStream } from '../report/event-stream.ts';
import type { Departure } from '../session/departures.ts';
import type { TransferOrder, TransferOutcome } from '../session/transfer/transfers.ts';
import type { ToolUses } from './tool-uses.ts';

/** What a tool may use of the call it runs in. */
export interface ToolKit {
  readonly plan: CallPlan;
  readonly events: EventStream;
  readonly log: Logger;
  /** host:port entries that custom functions may reach although private. */
  readonly allowHosts: readonly string[];
  /**
   * Ends the call when the agent has said what it is saying; with a goodbye when it has said nothing yet. Answers why
   * not, in words for the model.
   */
  readonly hangUpAfter: (speech: voice.SpeechHandle) => string | undefined;
  /** Puts the caller through to somebody, or joins them in. Resolves when they are connected, or the caller is back. */
  readonly transfer: (order: TransferOrder) => Promise<TransferOutcome>;
  /** Prepares another agent to go on. Throws a ToolError with the reason. */
  readonly handOff: (agentId: string) => Promise<voice.Agent>;
  /** Keeps the caller's keys from the conversation and hands them over, until what this answers is called. */
  readonly takeKeys: (hear: (digit: string) => void) => () => void;
  /** Presses keys for the other end, after those that are being pressed. A comma is half a second. */
  readonly pressKeys: (keys: string) => Promise<void>;
  /**
   * One departure at a time: the caller is put through, handed to another agent, or hung up on. Answers what ends it,
   * or why it cannot be.
   */
  readonly depart: (kind: Departure) => (() => void) | string;
  /** The caller's own number, E.164; null: withheld, or a visitor of a page. */
  readonly personNumber: () => string | null;
  /** Says a text as it stands, after whatever is being said. */
  readonly say: (text: string) => void;
  /** A credential of the workspace by its name; null: there is none. */
  readonly credential: (name: string) => Promise<Secret | null>;
  /** Aborted when the call is over. */
  readonly over: AbortSignal;
  readonly controlPlane: { readonly url: string; readonly token: string };
  /** The same for every agent of the call. */
  readonly uses: ToolUses;
}

type Run = (args: Record<string, unknown>, options: llm.ToolOptions) => Promise<unknown>;

interface Spec {
  readonly name: string;
  readonly description: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly run: Run;
}

/** A tool whose every use is reported: called, and returned with its result or the words of its failure. */
export function reportedTool(kit: ToolKit, { run, ...spec }: Spec): llm.FunctionTool {
  return report(kit, spec, async (args, options) => ({ result: await run(args, options) }));
}

/** A tool that calls and chats share (core/tools/), in a call: it may speak while the caller waits. */
export function sharedTool(kit: ToolKit, tool: Tool): llm.FunctionTool {
  const { name, description, parameters, waiting, interruptible = true } = tool;
  return report(kit, { name, description, parameters }, async (args, { ctx, toolCallId, abortSignal }) => {
    const letGo = interruptible ? undefined : holdSpeech(ctx.speechHandle);
    const text = waiting?.texts[kit.uses.count % waiting.texts.length];
    const timer =
      text === undefined
        ? undefined
        : setTimeout(() => {
            if (!abortSignal?.aborted) kit.say(text);
          }, waiting?.afterMs);
    try {
      // A caller who talks on takes back what may be taken back; the rest is done to its end.
      return await tool.run(args, { toolCallId, signal: interruptible ? abortSignal : undefined });
    } finally {
      clearTimeout(timer);
      letGo?.();
    }
  });
}

/**
 * From here on what the caller says does not take back what is being done. Answers what ends that: the reply to the
 * function is the same speech, and nothing that a caller says into one that cannot be interrupted is heard.
 */
export function holdSpeech(speech: voice.SpeechHandle): () => void {
  if (speech.interrupted || !speech.allowInterruptions) return () => undefined;
  speech.allowInterruptions = false;
  return () => {
    if (!speech.interrupted) speech.allowInterruptions = true;
  };
}

const tooMany = `Not done: at most ${maxCallsAtOnce} functions can be called at once.`;

/** In words for the model: another departure was in the way of this one. */
export const notDone = (problem: string): string => `Not done: ${problem} Only one of them at a time.`;

/** Begins a departure; throws the reason why another one is in its way. */
export function depart(kit: ToolKit, kind: Departure): () => void {
  const begun = kit.depart(kind);
  if (typeof begun === 'string') throw new llm.ToolError(notDone(begun));
  return begun;
}

function report(
  kit: ToolKit,
  { name, description, parameters }: Omit<Spec, 'run'>,
  run: (args: Record<string, unknown>, options: llm.ToolOptions) => Promise<ToolOutcome>,
): llm.FunctionTool {
  return llm.tool({
    name,
    description,
    parameters: { properties: {}, ...parameters, type: 'object' as const },
    execute: async (args: Record<string, unknown>, options: llm.ToolOptions) => {
      const startedAt = Date.now();
      const { toolCallId } = options;
      // Recorded like all that nobody carries out (unknown-calls.ts).
      if (!kit.uses.admit(options.ctx.speechHandle)) throw new llm.ToolError(tooMany);
      const returned = (ok: boolean, result: unknown, { status, attempts }: ToolFacts) =>
        kit.events.emit({
          type: 'tool.returned',
          ...{ toolCallId, name, ok, result },
          durationMs: Date.now() - startedAt,
          ...(status === undefined ? {} : { status }),
          ...(attempts === undefined ? {} : { attempts }),
        });
      kit.uses.begin(toolCallId);
      kit.events.emit({ type: 'tool.called', toolCallId, name, arguments: args });
      try {
        const { result, ...facts } = await run(args, options);
        // Another agent that takes over is no result to keep.
        returned(true, isHandOff(result) ? 'handed over' : (result ?? null), facts);
        return result;
      } catch (error) {
        const known = error instanceof llm.ToolError || error instanceof ToolError;
        if (!known) kit.log.error({ err: error, tool: name }, 'a tool failed');
        const words = known ? error.message : neutralFailure;
        returned(false, words, error instanceof ToolError ? error.facts : {});
        throw error instanceof llm.ToolError ? error : new llm.ToolError(words);
      } finally {
        kit.uses.end();
      }
    },
  }) as unknown as llm.FunctionTool;
}

const isHandOff = (result: unknown): boolean =>
  typeof result === 'object' && result !== null && 'agent' in result && result.agent instanceof voice.Agent;
