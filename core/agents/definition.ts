import { z } from 'zod';

/**
 * What an agent is, as one immutable version of it. Pure data: the worker, the jobs and the surfaces all read it;
 * wire names (LLM_provider, first_message …) belong to the surfaces.
 */

export const builtInNames = [
  ...(['end_call', 'transfer_call', 'send_dtmf', 'collect_digits'] as const),
  ...(['schedule_callback', 'send_message', 'opt_out', 'take_note'] as const),
] as const;
export type BuiltInName = (typeof builtInNames)[number];

const name = z.string().trim().min(1).max(200);

export const customFunction = z.object({
  name: z
    .string()
    .regex(
      /^[a-zA-Z_][a-zA-Z0-9_-]{0,63}$/,
      'letters, digits, _ and -, at most 64, not starting with a digit',
    ),
  description: z.string().max(2_000).default(''),
  url: z.url({ protocol: /^https?$/ }),
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']).default('POST'),
  headers: z.record(z.string(), z.string()).default({}),
  /** JSON Schema of the arguments; an empty object means "no arguments". */
  parameters: z.record(z.string(), z.unknown()).default({}),
  timeoutMs: z.number().int().min(100).max(60_000).default(10_000),
  /** Name of a credential of the workspace (core/credentials/). Empty: none. */
  credential: z.string().trim().max(100).default(''),
  /** After a refused connection, 429 or 5xx. Null: once for methods that may be repeated, never for POST and PATCH. */
  retries: z.number().int().min(0).max(3).nullable().default(null),
  /** Said while the caller waits, one after the other from call to call. Empty: silence. */
  waitTexts: z.array(z.string().trim().min(1).max(500)).max(5).default([]),
  /** A function that is quicker than this is not talked over. */
  waitAfterMs: z.number().int().min(0).max(10_000).default(600),
  /** false: the caller cannot talk the agent out of it; for what must not be left half done. */
  interruptible: z.boolean().default(true),
  /** What the model reads of an answer; the rest is cut. */
  maxResultBytes: z.number().int().min(256).max(262_144).default(16_384),
});
export type CustomFunction = z.output<typeof customFunction>;

/** Somebody whom the agent can put the caller through to; the model chooses by name and description. */
export const transferTarget = z.object({
  name,
  /** An E.164 number or SIP URI. May hold `{{variables}}`. */
  number: z.string().trim().min(1).max(200),
  description: z.string().max(1_000).default(''),
  /**
   * cold: the carrier is asked to move the caller (REFER); where it refuses, the target is dialed and connected. warm:
   * the target is told what it is about, and asked, while the caller waits. conference: as warm, and the agent stays.
   */
  mode: z.enum(['cold', 'warm', 'conference']).default('cold'),
});
export type TransferTarget = z.output<typeof transferTarget>;

/** Another agent of the workspace that may go on with the call; the model chooses by name and description. */
export const handoffTarget = z.object({
  name,
  agentId: z.uuid(),
  description: z.string().max(1_000).default(''),
});
export type HandoffTarget = z.output<typeof handoffTarget>;

/** A Model Context Protocol server whose tools the agent may use; they are listed anew for every call. */
export const mcpServer = z.object({
  /** Goes before a tool's name when two tools have the same. */
  name: z.string().regex(/^[a-zA-Z][a-zA-Z0-9_]{0,29}$/, 'letters, digits and _, at most 30'),
  url: z.url({ protocol: /^https?$/ }),
  transport: z.enum(['http', 'sse']).default('http'),
  headers: z.record(z.string(), z.string()).default({}),
  credential: z.string().trim().max(100).default(''),
  /** Names of the tools that the agent may use. Empty: all. */
  tools: z.array(z.string().min(1).max(200)).max(100).default([]),
  /** Of connecting and listing, and of each use. */
  timeoutMs: z.number().int().min(100).max(60_000).default(10_000),
  maxResultBytes: z.number().int().min(256).max(262_144).default(16_384),
});
export type McpServer = z.output<typeof mcpServer>;

/**
 * Somebody else's server answers in the agent's place (core/brains/webhook.ts); functions and files work as with a
 * model.
 */
export const webhookBrain = z.object({
  kind: z.literal('webhook'),
  url: z.url({ protocol: /^https?$/ }),
  /** Name of a credential of the workspace that signs every request. Empty: none. */
  credential: z.string().trim().max(100).default(''),
  /** To the first bit of an answer, and between two. A request that fails before is sent once more. */
  timeoutMs: z.number().int().min(500).max(20_000).default(4_000),
  /** Said when there is no answer. Empty: the agent asks to repeat. */
  fallbackText: z.string().max(2_000).default(''),
});
export type WebhookBrain = z.output<typeof webhookBrain>;
const brain = z.discriminatedUnion('kind', [z.object({ kind: z.literal('managed') }), webhookBrain]);

/** What takes over when the stage before it fails; tried in order. */
const fallback = z.object({ provider: z.string().min(1).max(50), model: name.default('default') });
const fallbacks = <T extends z.ZodType>(one: T) => z.array(one).max(5).default([]);
/** Said as it stands, after `{{variables}}` are filled in. */
const spoken = z.string().max(2_000).default('');
/** How a voice speaks. A provider that does not know a setting speaks as it always does. */
export const voiceSettings = z.object({
  /** 1 is the voice's own pace. */
  speed: z.number().min(0.7).max(1.5).default(1),
  /** 0: lively, 1: even. null, here and below: the provider's own. */
  stability: z.number().min(0).max(1).nullable().default(null),
  /** To the recordings that the voice was made of. */
  similarityBoost: z.number().min(0).max(1).nullable().default(null),
  style: z.number().min(0).max(1).nullable().default(null),
});
export type VoiceSettings = z.infer<typeof voiceSettings>;

export const agentDefinition = z.object({
  language: z.string().min(2).max(20).default('en-US'),
  systemPrompt: z.string().max(100_000).default(''),
  firstMessage: z.string().max(5_000).default(''),
  /**
   * agent: the first message is spoken at once. caller: the agent waits for the caller, however long. wait: the caller
   * may speak first; after `firstMessageDelayMs` of silence the agent speaks its first message.
   */
  speaksFirst: z.enum(['agent', 'caller', 'wait']).default('agent'),
  firstMessageDelayMs: z.number().int().min(500).max(30_000).default(3_000),
  /** "You are talking with an AI": said before anything else, whoever begins. Empty: not said. */
  disclosure: spoken,
  /** managed: the language model below, with the system prompt. */
  brain: brain.prefault({ kind: 'managed' }),
  llm: z
    .object({
      provider: z.string().min(1).max(50).default('openai'),
      model: name.default('default'),
      temperature: z.number().min(0).max(2).default(0.7),
      maxTokens: z.number().int().min(1).max(100_000).default(1_024),
      fallbacks: fallbacks(fallback),
    })
    .prefault({}),
  stt: z
    .object({
      provider: z.string().min(1).max(50).default('deepgram'),
      model: name.default('nova-3'),
      fallbacks: fallbacks(fallback),
    })
    .prefault({}),
  tts: z
    .object({
      provider: z.string().min(1).max(50).default('elevenlabs'),
      model: name.default('eleven_turbo_v2_5'),
      voice: name.default('default'),
      settings: voiceSettings.prefault({}),
      fallbacks: fallbacks(fallback.extend({ voice: name.default('default') })),
    })
    .prefault({}),
  turns: z
    .object({
      interruptions: z.boolean().default(true),
      /** How long the caller must speak before the agent stops. */
      interruptAfterMs: z.number().int().min(0).max(5_000).default(60),
      /** Wait after the end of speech when the end-of-turn model is certain. */
      endpointingMinMs: z.number().int().min(0).max(5_000).default(100),
      /** Wait when it is not. */
      endpointingMaxMs: z.number().int().min(100).max(10_000).default(1_800),
    })
    .prefault({}),
  /** When nobody says anything. */
  idle: z
    .object({
      promptAfterMs: z.number().int().min(2_000).max(600_000).default(10_000),
      /** Said one after the other, each after another `promptAfterMs` of silence. Empty: the agent keeps silent too. */
      prompts: z.array(z.string().trim().min(1).max(500)).max(10).default([]),
      /** Silence after which the call is ended. 0: never. */
      hangUpAfterMs: z.number().int().min(0).max(3_600_000).default(0),
    })
    .prefault({}),
  maxCallDurationMs: z.number().int().min(10_000).max(14_400_000).default(1_800_000),
  /** Said this long before the time is up. 0 or no text: no warning. */
  durationWarning: z
    .object({ beforeMs: z.number().int().min(0).max(600_000).default(0), text: spoken })
    .prefault({}),
  /** When the agent has said one of these, the call is over; case and punctuation do not matter. */
  endCallPhrases: z.array(z.string().trim().min(1).max(200)).max(50).default([]),
  functions: z.array(customFunction).max(100).default([]),
  /** Functions that every agent can have; one that lacks what it needs (a target, a carrier) says so to the model. */
  builtIns: z
    .array(z.enum(builtInNames, `unknown; known here: ${builtInNames.join(', ')}`))
    .max(20)
    .default(['end_call', 'transfer_call']),
  mcpServers: z.array(mcpServer).max(10).default([]),
  /** JSON Schema of what `take_note` keeps; an empty object means one text. */
  noteSchema: z.record(z.string(), z.unknown()).default({}),
  /** The agent is told what was said with the same person before (core/threads/). */
  rememberThread: z.boolean().default(false),
  /** Where `transfer_call` sends the caller: an E.164 number or SIP URI. Empty: the agent cannot transfer. */
  transferTo: z.string().max(200).default(''),
  transferTargets: z.array(transferTarget).max(50).default([]),
  handoffTargets: z.array(handoffTarget).max(20).default([]),
  recording: z
    .object({
      policy: z.enum(['off', 'on']).default('off'),
      /** Said before the recording begins. */
      consentLine: spoken,
    })
    .prefault({}),
  /** When a machine answers. ignore: nobody listens for machines. */
  voicemail: z
    .object({
      action: z.enum(['ignore', 'hang_up', 'leave_message']).default('ignore'),
      message: spoken,
      /** Said to an assistant that screens calls: who calls, and why. Empty: the model finds the words. */
      screeningLine: spoken,
    })
    .prefault({}),
  /** What is made of a call after its end (core/analyses/). */
  analysis: z
    .object({
      enabled: z.boolean().default(true),
      /** JSON Schema of the structured output; an empty object means "none". */
      schema: z.record(z.string(), z.unknown()).default({}),
      /** When a call of this agent is a success, in words. */
      successCriteria: z.string().max(5_000).default(''),
    })
    .prefault({}),
  /** Defaults of `{{name}}`, which fill-definition.ts fills in. */
  variables: z.record(z.string().max(100), z.string().max(5_000)).default({}),
});
export type AgentDefinition = z.output<typeof agentDefinition>;
