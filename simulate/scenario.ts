import { z } from 'zod';
import { noiseKinds } from './audio/noise.ts';

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

/** Behind everything the caller says and also when they say nothing. In writing there is none. */
const noise = z.union([
  z.literal('none').transform(() => null),
  z.strictObject({
    kind: z.enum(noiseKinds),
    /** How much louder the caller speaks. */
    snr_db: z.number().min(-10).max(60).default(15),
  }),
]);
export type Noise = z.output<typeof noise>;

/** When the caller speaks into the agent's words. In writing they wait their turn. */
const bargeIn = z
  .strictObject({
    /** So long after the agent's first sound. */
    after_ms: z.number().int().min(0).max(60_000).optional(),
    /** As soon as this was heard of it; /…/ is a pattern. */
    after_word: z.string().min(1).optional(),
    /** The agent must be silent so soon after the caller's first sound. */
    silent_within_ms: z.number().int().positive().max(60_000).default(1_500),
  })
  .refine(({ after_ms, after_word }) => (after_ms === undefined) !== (after_word === undefined), {
    message: 'needs either after_ms or after_word',
  });
export type BargeIn = z.output<typeof bargeIn>;

const reply = checks.extend({ within_ms: z.number().positive().optional() });
/** Of this step only; then that of the scenario is heard again. */
const ofStep = { noise: noise.optional() };

const step = z.union([
  z.strictObject({
    say: z.string().min(1),
    barge_in: bargeIn.optional(),
    ...ofStep,
    /** Looked at in the reply to these words only. */
    expect: reply.prefault({}),
  }),
  /** Keys. In writing they are written. */
  z.strictObject({
    digits: z.string().regex(/^[0-9*#]+$/, 'digits, * and # only'),
    ...ofStep,
    expect: reply.prefault({}),
  }),
  /** Says nothing for so long. In writing there is no silence, and the step is passed over. */
  z.strictObject({
    silence_ms: z.number().int().min(0).max(60_000),
    ...ofStep,
    /** Looked at in what the agent says and does meanwhile; `within_ms`: of the silence. */
    expect: reply.extend({ prompts: z.boolean().optional() }).prefault({}),
  }),
]);
export type Step = z.output<typeof step>;

const question = z.union([
  z
    .string()
    .min(1)
    .transform((ask) => ({ ask, want: true })),
  z.strictObject({
    ask: z.string().min(1),
    // YAML 1.2 takes yes and no for words.
    want: z.union([z.boolean(), z.enum(['yes', 'no']).transform((word) => word === 'yes')]).default(true),
  }),
]);
export type Question = z.output<typeof question>;

export const scenario = z
  .strictObject({
    name: z.string().min(1),
    /** Who calls. Beside `steps` it is for people who read the file; without them a model plays this person. */
    persona: z.string().default(''),
    /** What the caller wants; as `persona`. */
    goal: words.default([]),
    /** How often a caller who is played by a model speaks at most. */
    max_turns: z.number().int().min(1).max(50).default(12),
    variables: z.record(z.string(), z.string()).default({}),
    /** Whom the agent takes for the caller, by phone. */
    caller_number: z.string().optional(),
    noise: noise.default(null),
    steps: z.array(step).max(100).default([]),
    checks: checks
      .extend({
        /** Whether the agent has ended it. */
        ended: z.boolean().optional(),
        /** completed: the agent has ended it. abandoned: the caller has. The others only by phone. */
        disposition: z.enum(['completed', 'abandoned', 'transferred', 'failed']).optional(),
        max_reply_ms: z.number().positive().optional(),
        /** Fields of notes, as `with` of a call. */
        noted: z.record(z.string(), z.unknown()).optional(),
        /** What became of the goal of a caller who is played by a model. */
        goal: z.enum(['met', 'given_up', 'any']).default('met'),
        /** Questions about the conversation that a model answers with yes or no. */
        judge: z
          .union([question, z.array(question)])
          .transform((value) => [value].flat())
          .default([]),
      })
      .prefault({}),
  })
  .refine(({ steps, persona, goal }) => steps.length > 0 || (persona !== '' && goal.length > 0), {
    path: ['steps'],
    message: 'needs steps, or a persona and a goal for a model that plays the caller',
  });
export type Scenario = z.output<typeof scenario>;

/** Whether a model makes up what the caller says. */
export const isPlayed = ({ steps }: Scenario): boolean => steps.length === 0;

/** Whether it cannot be run without a language model. */
export const needsModel = (one: Scenario): boolean => isPlayed(one) || one.checks.judge.length > 0;
