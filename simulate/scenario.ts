import { z } from 'zod';

/** A scenario file: who calls, what they say, and what must be true afterwards. Spelled as in the API. */

const words = z.union([z.string().min(1), z.array(z.string().min(1))]).transform((value) => [value].flat());
const expectedCall = z.union([
  z.string().transform((name) => ({ name, with: {} as Record<string, unknown> })),
  z.strictObject({
    name: z.string(),
    /** Arguments that must be there; a text is looked for without case, /…/ is a pattern. */
    with: z.record(z.string(), z.unknown()).default({}),
  }),
]);
const calls = z.union([expectedCall, z.array(expectedCall)]).transform((value) => [value].flat());

const checks = z.strictObject({
  /** Texts, or patterns as /…/; each must be there, in any place and any case. */
  said: words.default([]),
  not_said: words.default([]),
  called: calls.default([]),
  not_called: words.default([]),
});
export type Checks = z.output<typeof checks>;

const step = z.union([
  z.strictObject({
    say: z.string().min(1),
    /** Looked at in the reply to these words only. */
    expect: checks.extend({ within_ms: z.number().positive().optional() }).prefault({}),
  }),
  /** Keys. In writing they are written. */
  z.strictObject({ digits: z.string().regex(/^[0-9*#]+$/, 'digits, * and # only') }),
  /** Says nothing for so long. In writing there is no silence, and the step is passed over. */
  z.strictObject({ silence_ms: z.number().int().min(0).max(60_000) }),
]);
export type Step = z.output<typeof step>;

export const scenario = z.strictObject({
  name: z.string().min(1),
  /** For people who read the file. */
  persona: z.string().default(''),
  goals: words.default([]),
  variables: z.record(z.string(), z.string()).default({}),
  steps: z.array(step).min(1).max(100),
  checks: checks
    .extend({
      /** Whether the agent has ended it. */
      ended: z.boolean().optional(),
      /** completed: the agent has ended it. abandoned: the caller has. */
      disposition: z.enum(['completed', 'abandoned']).optional(),
      max_reply_ms: z.number().positive().optional(),
      /** Fields of notes, as `with` of a call. */
      noted: z.record(z.string(), z.unknown()).optional(),
    })
    .prefault({}),
});
export type Scenario = z.output<typeof scenario>;
