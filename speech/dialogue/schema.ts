import { z } from 'zod';

const lines = z
  .union([z.string(), z.array(z.string()).min(1)])
  .transform((value) => (Array.isArray(value) ? value : [value]));

/** What the caller may say. Phrases match word by word with small gaps and slips of recognition. */
const match = z.strictObject({
  phrases: z.array(z.string()).default([]),
  /** Regular expressions over the normalised text (lower case, no punctuation). */
  patterns: z.array(z.string()).default([]),
  /** Phrases that rule it out. */
  not: z.array(z.string()).default([]),
});

const toolUse = z.strictObject({
  name: z.string(),
  /** Other names under which an agent may offer the same tool. */
  aliases: z.array(z.string()).default([]),
  arguments: z.record(z.string(), z.string()).default({}),
  /** Said together with the call. */
  say: lines.optional(),
  /** Said when the agent offers no such tool. */
  without: lines,
  /** Said after the tool has succeeded or failed; '' says nothing. `{{result}}` is what it returned. */
  done: lines.optional(),
  failed: lines.optional(),
});

const slot = z.strictObject({
  name: z.string(),
  type: z.enum(['name', 'date', 'time', 'phone', 'number', 'email', 'text']),
  ask: lines,
  again: lines.optional(),
  optional: z.boolean().default(false),
});

const form = z.strictObject({
  slots: z.array(slot).min(1),
  confirm: lines,
  change: lines,
  cancelled: lines,
  givenUp: lines,
  tool: toolUse,
});

const intent = z.strictObject({
  name: z.string(),
  match,
  /** Below 1 for what is said along with something else: "thank you, goodbye". */
  weight: z.number().positive().max(10).default(1),
  reply: lines.optional(),
  form: z.string().optional(),
  tool: toolUse.optional(),
});

export const dialogueSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9-]+$/),
  description: z.string(),
  /** Defaults of `{{variables}}`; a "Variables" section in the system prompt overrides them. */
  variables: z.record(z.string(), z.string()).default({}),
  greeting: lines,
  fallback: lines,
  intents: z.array(intent),
  forms: z.record(z.string(), form).default({}),
});

export type Dialogue = z.output<typeof dialogueSchema>;
export type Intent = z.output<typeof intent>;
export type Form = z.output<typeof form>;
export type Slot = z.output<typeof slot>;
export type ToolUse = z.output<typeof toolUse>;
