import { isEnglish } from '../../platform/is-english.ts';
import { isRecord } from '../../platform/is-record.ts';
import type { ToolUse } from '../calls/tool-uses.ts';
import { compileJsonSchema } from '../json-schema.ts';
import type { Findings, Sentiment } from './analysis.ts';
import type { Evidence } from './evidence.ts';

/** Tools of our own: that they worked says nothing about the purpose of the call. */
const plumbing = new Set(['end_call', 'transfer_call']);

/** What can be said about a call without a language model: facts, and the words that were spoken. Pure. */
export function analyseByRules(evidence: Evidence, problem: string): Findings {
  const { structured, structuredProblem } = fillSchema(evidence);
  return {
    analyzedBy: 'rules',
    problem,
    summary: summaryOf(evidence),
    ...{ structured, structuredProblem },
    disposition: evidence.call.disposition,
    dispositionBy: 'rules',
    ...successOf(evidence),
    sentiment: sentimentOf(evidence),
    actionItems: failedTools(evidence).map((tool) => `${tool.name} did not work: ${shown(tool.result)}`),
    promptTokens: null,
    completionTokens: null,
  };
}

const purposeful = ({ tools }: Evidence): readonly ToolUse[] =>
  tools.filter(({ name }) => !plumbing.has(name));
const failedTools = (evidence: Evidence): readonly ToolUse[] =>
  purposeful(evidence).filter(({ name, ok }, index, all) => {
    // What worked at a later try is nobody's task any more.
    const mended = all.slice(index + 1).some((later) => later.name === name && later.ok);
    return ok !== true && !mended;
  });

/** Extractive: the first and the last words stand for what lies between them. */
function summaryOf(evidence: Evidence): string {
  const { call, agentName, transcript } = evidence;
  const said = (role: 'user' | 'agent') => transcript.filter((turn) => turn.role === role);
  const [asked] = said('user');
  const [answered] = said('agent').slice(-1);
  const wayIn = call.channel === 'web' ? 'web' : call.direction;
  const sentences = [
    `A${wayIn === 'inbound' || wayIn === 'outbound' ? 'n' : ''} ${wayIn} call with ${agentName}${lasted(call.durationMs)}, ${transcript.length} turns.`,
    asked ? `The person first said: “${cut(asked.text)}”` : 'The person said nothing.',
    ...purposeful(evidence).map(
      ({ name, ok, result }) => `${name} ${ok ? 'answered' : 'failed'}: ${shown(result)}`,
    ),
    ...(answered ? [`The agent last said: “${cut(answered.text)}”`] : []),
    ...(call.endReason === null ? [] : [`The call ended: ${call.endReason.replaceAll('_', ' ')}.`]),
  ];
  return sentences.join('\n');
}

const lasted = (durationMs: number | null): string =>
  durationMs === null ? '' : ` of ${Math.round(durationMs / 1_000)} s`;
const cut = (text: string, limit = 300): string =>
  text.length > limit ? `${text.slice(0, limit).trimEnd()}…` : text;
const shown = (value: unknown): string =>
  cut(typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing'));

function successOf(evidence: Evidence): Pick<Findings, 'success' | 'successReason'> {
  const { call, definition } = evidence;
  if (call.disposition === 'failed' || call.disposition === 'abandoned')
    return { success: false, successReason: `The call counts as ${call.disposition}.` };
  const [failed] = failedTools(evidence);
  if (failed) return { success: false, successReason: `${failed.name} did not work.` };
  if (definition.analysis.successCriteria.trim() !== '')
    return { success: null, successReason: 'Only a language model can judge the success criteria.' };
  const worked = purposeful(evidence).find(({ ok }) => ok === true);
  if (worked) return { success: true, successReason: `${worked.name} worked.` };
  return { success: null, successReason: 'Nothing in the call tells.' };
}

const good = /\b(thanks|thank you|great|perfect|wonderful|excellent|awesome|lovely|appreciate)\b/gi;
const bad =
  /\b(terrible|horrible|awful|angry|annoy\w*|useless|ridiculous|unacceptable|frustrat\w*|complain\w*|worst|disappoint\w*|upset)\b/gi;

/** By a handful of words, and therefore in English only. */
function sentimentOf({ definition, transcript }: Evidence): Sentiment | null {
  if (!isEnglish(definition.language)) return null;
  const text = transcript.flatMap(({ role, text: words }) => (role === 'user' ? [words] : [])).join('\n');
  if (text === '') return null;
  const [happy, unhappy] = [text.match(good)?.length ?? 0, text.match(bad)?.length ?? 0];
  if (happy > 0 && unhappy > 0) return 'mixed';
  if (unhappy > 0) return 'negative';
  return happy > 0 ? 'positive' : 'neutral';
}

/** Fields that have the name of something a function was told or answered, or of a variable, are known for certain. */
function fillSchema({
  definition,
  tools,
  variables,
}: Evidence): Pick<Findings, 'structured' | 'structuredProblem'> {
  const { schema } = definition.analysis;
  if (Object.keys(schema).length === 0) return { structured: null, structuredProblem: null };
  const properties = isRecord(schema.properties) ? schema.properties : {};
  const sources = [
    ...tools.toReversed().flatMap(({ arguments: given, result }) => [given, result]),
    variables,
  ].filter(isRecord);
  const known = Object.fromEntries(
    Object.keys(properties).flatMap((name) => {
      const source = sources.find((one) => Object.hasOwn(one, name));
      return source === undefined ? [] : [[name, source[name]]];
    }),
  );
  const compiled = compileJsonSchema(schema);
  const problems = compiled.ok ? compiled.check(known) : [{ path: '', message: compiled.problem }];
  if (problems.length === 0) return { structured: known, structuredProblem: null };
  const missing = problems.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`));
  return {
    structured: null,
    structuredProblem: `Rules could not fill the schema (${missing.slice(0, 10).join('; ')}); a language model might.`,
  };
}
