import { z } from 'zod';
import type { FieldProblem } from '../errors.ts';
import { compileJsonSchema } from '../json-schema.ts';
import { LanguageModelError } from '../language-model-error.ts';
import type { ChatMessage, Completion, LanguageModel } from '../ports.ts';
import { type Findings, sentiments } from './analysis.ts';
import type { Evidence } from './evidence.ts';
import { analysisPrompt, openDispositions } from './prompt.ts';

const maxTokens = 3_000;
const maxStructuredChars = 50_000;

const text = (max: number) =>
  z
    .string()
    .trim()
    .transform((value) => value.slice(0, max));

const answerSchema = z.object({
  summary: text(4_000).refine((value) => value !== '', 'must not be empty'),
  disposition: z.string().nullish(),
  success: z.object({ met: z.boolean().nullable(), reason: text(1_000).nullish() }),
  sentiment: z.enum(sentiments),
  action_items: z.array(text(500)).transform((items) => items.filter(Boolean).slice(0, 20)),
  structured: z.unknown().optional(),
});
type Answer = z.output<typeof answerSchema>;

/** An answer as far as it fits: `answer` is there when all but the structured part does. */
interface Reading {
  readonly answer: Answer | null;
  readonly problems: readonly FieldProblem[];
}

/**
 * Asks a model, shows it what does not fit in its answer, and asks once more. Throws a LanguageModelError when nothing
 * usable came; a structured part that still does not fit is left out, with the reason.
 */
export async function analyseByModel(
  model: LanguageModel,
  evidence: Evidence,
  { timeoutMs }: { timeoutMs: number },
): Promise<Findings> {
  const messages = analysisPrompt(evidence);
  const ask = (more: readonly ChatMessage[]) =>
    model.complete({ messages: [...messages, ...more], maxTokens, timeoutMs });
  const first = await ask([]);
  const read = readAnswer(first.text, evidence);
  if (read.problems.length === 0) return findings(evidence, read, [first]);
  let second: Completion;
  try {
    second = await ask([
      { role: 'assistant', content: first.text.slice(0, 20_000) },
      { role: 'user', content: repairRequest(read.problems) },
    ]);
  } catch (error) {
    if (read.answer === null || !(error instanceof LanguageModelError)) throw error;
    return findings(evidence, read, [first]);
  }
  const repaired = readAnswer(second.text, evidence);
  return findings(evidence, repaired.answer === null ? read : repaired, [first, second]);
}

function readAnswer(raw: string, evidence: Evidence): Reading {
  const json = parseJson(raw);
  if (json === undefined) return { answer: null, problems: [{ path: '', message: 'not a JSON object' }] };
  const parsed = answerSchema.safeParse(json);
  if (!parsed.success)
    return {
      answer: null,
      problems: parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message })),
    };
  return { answer: parsed.data, problems: checkStructured(parsed.data.structured, evidence) };
}

/** Models like to wrap JSON into a fence or a sentence. */
function parseJson(raw: string): unknown {
  const [from, to] = [raw.indexOf('{'), raw.lastIndexOf('}')];
  if (from < 0 || to < from) return undefined;
  try {
    return JSON.parse(raw.slice(from, to + 1));
  } catch {
    return undefined;
  }
}

function checkStructured(structured: unknown, { definition }: Evidence): readonly FieldProblem[] {
  const { schema } = definition.analysis;
  if (Object.keys(schema).length === 0) return [];
  const compiled = compileJsonSchema(schema);
  // Refused when saved; an older version may have one nevertheless, and asking again would not mend it.
  if (!compiled.ok) return [];
  if ((JSON.stringify(structured) ?? '').length > maxStructuredChars)
    return [{ path: 'structured', message: 'too large' }];
  return compiled
    .check(structured)
    .map(({ path, message }) => ({ path: ['structured', path].filter(Boolean).join('.'), message }));
}

const inWords = (problems: readonly FieldProblem[]): string[] =>
  problems.slice(0, 20).map(({ path, message }) => (path === '' ? message : `${path}: ${message}`));

const repairRequest = (problems: readonly FieldProblem[]): string =>
  [
    'This answer does not fit:',
    ...inWords(problems).map((line) => `- ${line}`),
    'Answer with the whole corrected JSON object and nothing else.',
  ].join('\n');

function findings(
  evidence: Evidence,
  { answer, problems }: Reading,
  completions: readonly Completion[],
): Findings {
  const [{ model }] = completions as readonly [Completion];
  if (answer === null)
    throw new LanguageModelError(
      `The language model ${model} answered twice in a form that does not fit (${inWords(problems).join('; ')}).`,
    );
  const { definition, call } = evidence;
  const wanted = Object.keys(definition.analysis.schema).length > 0;
  const fits = problems.length === 0;
  const chosen = openDispositions(call.disposition).find((one) => one === answer.disposition);
  const sum = (count: (one: Completion) => number) =>
    completions.reduce((total, one) => total + count(one), 0);
  return {
    analyzedBy: model,
    problem: null,
    summary: answer.summary,
    structured: wanted && fits ? answer.structured : null,
    structuredProblem:
      wanted && !fits
        ? `What the model answered does not fit the schema, also not when asked again: ${inWords(problems).join('; ')}.`
        : null,
    disposition: chosen ?? call.disposition,
    dispositionBy: chosen === undefined ? 'rules' : 'model',
    success: answer.success.met,
    successReason: answer.success.reason ?? null,
    sentiment: answer.sentiment,
    actionItems: answer.action_items,
    promptTokens: sum((one) => one.promptTokens),
    completionTokens: sum((one) => one.completionTokens),
  };
}
