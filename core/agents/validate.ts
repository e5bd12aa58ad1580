import { isEnglish } from '../../platform/is-english.ts';
import { isZone } from '../campaigns/rules/time/local-time.ts';
import type { WorkspaceContext } from '../context.ts';
import { DomainError, type FieldProblem } from '../errors.ts';
import { compileJsonSchema } from '../json-schema.ts';
import type { Ports } from '../ports.ts';
import { adviseOnTools, checkTools } from './check-tools.ts';
import type { AgentDefinition } from './definition.ts';
import { fillDefinition } from './fill-definition.ts';
import { providersOf, type Stage } from './providers.ts';
import { builtInVariables, fillVariables } from './variables.ts';

/** What is wrong with a definition that fits its schema. Errors keep an agent from working, warnings do not. */
export interface Validation {
  readonly errors: readonly FieldProblem[];
  readonly warnings: readonly FieldProblem[];
}

/** Looks for what cannot work. Asks providers for their voices; one that is away costs a warning, never the save. */
export async function validateDefinition(
  definition: AgentDefinition,
  ctx: Pick<WorkspaceContext, 'db' | 'services' | 'workspaceId'>,
): Promise<Validation> {
  const [voices, tools] = await Promise.all([
    checkVoices(definition, ctx.services.ports),
    checkTools(definition, ctx),
  ]);
  return {
    errors: [
      ...checkProviders(definition),
      ...checkHearing(definition),
      ...voices.errors,
      ...checkParts(definition),
      ...tools,
    ],
    warnings: [
      ...voices.warnings,
      ...adviseOnLanguage(definition, ctx.services.ports),
      ...checkWisdom(definition),
      ...adviseOnTools(definition),
    ],
  };
}

/** Throws invalid with every error, under `definition`. Returns the warnings. */
export async function requireWorking(
  definition: AgentDefinition,
  ctx: Parameters<typeof validateDefinition>[1],
): Promise<readonly FieldProblem[]> {
  const { errors, warnings } = await validateDefinition(definition, ctx);
  if (errors.length === 0) return warnings;
  throw new DomainError('invalid', 'An agent like this cannot work.', {
    fields: errors.map(({ path, message }) => ({ path: `definition.${path}`, message })),
  });
}

const problem = (path: string, message: string): FieldProblem => ({ path, message });

function checkProviders(definition: AgentDefinition): FieldProblem[] {
  const check = (stage: Stage, path: string, provider: string) =>
    providersOf(stage).includes(provider)
      ? []
      : [problem(path, `unknown provider "${provider}"; known here: ${providersOf(stage).join(', ')}`)];
  return (['llm', 'stt', 'tts'] as const).flatMap((stage) => [
    ...check(stage, `${stage}.provider`, definition[stage].provider),
    ...definition[stage].fallbacks.flatMap(({ provider }, index) =>
      check(stage, `${stage}.fallbacks.${index}.provider`, provider),
    ),
  ]);
}

/** The speech gateway understands English and nothing else. */
function checkHearing({ language, stt }: AgentDefinition): FieldProblem[] {
  const listeners = [stt, ...stt.fallbacks].map(({ provider }) => provider);
  if (isEnglish(language) || listeners.some((provider) => provider !== 'local')) return [];
  return [
    problem(
      'stt.provider',
      `the local recogniser understands English only, and the agent speaks ${language}: choose another provider`,
    ),
  ];
}

/** Without keys the speech gateway takes everybody's place, and what it does in another language is of no use. */
function adviseOnLanguage(
  { language, stt, tts }: AgentDefinition,
  { isLocalSpeech }: Pick<Ports, 'isLocalSpeech'>,
): FieldProblem[] {
  if (isEnglish(language)) return [];
  const advise = (stage: 'stt' | 'tts', { provider, fallbacks }: AgentDefinition['stt' | 'tts']) => {
    const names = [provider, ...fallbacks.map((one) => one.provider)];
    if (!names.every((name) => isLocalSpeech(stage, name))) return [];
    const keyless = [...new Set(names)].filter((name) => name !== 'local');
    // Of those who chose it by its name checkHearing has spoken.
    if (keyless.length === 0 && stage === 'stt') return [];
    const why = keyless.length > 0 ? `no key of ${keyless.join(' or ')} is set in this installation: ` : '';
    const does = stage === 'stt' ? 'listens' : 'speaks';
    return [problem(`${stage}.provider`, `${why}the speech gateway ${does}, and knows English only`)];
  };
  return [...advise('stt', stt), ...advise('tts', tts)];
}

async function checkVoices(
  { tts }: AgentDefinition,
  { voices }: Pick<Ports, 'voices'>,
): Promise<{ errors: FieldProblem[]; warnings: FieldProblem[] }> {
  const [errors, warnings]: [FieldProblem[], FieldProblem[]] = [[], []];
  const named = [
    { path: 'tts.voice', ...tts },
    ...tts.fallbacks.map((one, index) => ({ path: `tts.fallbacks.${index}.voice`, ...one })),
  ].filter(({ voice, provider }) => voice !== 'default' && providersOf('tts').includes(provider));
  await Promise.all(
    named.map(async ({ path, provider, voice }) => {
      if (provider === 'local') {
        warnings.push(problem(path, 'the speech gateway has one voice, which speaks whatever is named here'));
        return;
      }
      try {
        const found = await voices.look(provider, voice);
        if (found !== null && !found.exists)
          errors.push(problem(path, `${provider} has no voice "${voice}"${someOf(found.known)}`));
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        warnings.push(problem(path, `the voice "${voice}" could not be checked: ${why}`));
      }
    }),
  );
  return { errors, warnings };
}

const someOf = (known: readonly string[]): string =>
  known.length === 0
    ? ''
    : `; it has ${known.slice(0, 8).join(', ')}${known.length > 8 ? ` and ${known.length - 8} more` : ''}`;

function checkParts(definition: AgentDefinition): FieldProblem[] {
  const { functions, transferTo, transferTargets, handoffTargets, voicemail, durationWarning, analysis } =
    definition;
  const schema = compileJsonSchema(analysis.schema);
  return [
    ...doubles(functions.map(({ name }) => name)).map((index) =>
      problem(`functions.${index}.name`, 'another function has this name'),
    ),
    ...doubles(transferTargets.map(({ name }) => name.toLowerCase())).map((index) =>
      problem(`transferTargets.${index}.name`, 'another target has this name'),
    ),
    ...doubles(handoffTargets.map(({ name }) => name.toLowerCase())).map((index) =>
      problem(`handoffTargets.${index}.name`, 'another target has this name'),
    ),
    ...(transferTo === '' || isDialable(transferTo) ? [] : [problem('transferTo', notDialable)]),
    ...transferTargets.flatMap(({ number }, index) =>
      isDialable(number) ? [] : [problem(`transferTargets.${index}.number`, notDialable)],
    ),
    ...(voicemail.action === 'leave_message' && voicemail.message.trim() === ''
      ? [problem('voicemail.message', 'there is no message to leave')]
      : []),
    ...(durationWarning.beforeMs >= definition.maxCallDurationMs
      ? [problem('durationWarning.beforeMs', 'must be shorter than the call may be')]
      : []),
    ...(schema.ok
      ? []
      : [problem('analysis.schema', `not a JSON Schema that can be used: ${schema.problem}`)]),
    ...(schema.ok && !isObjectSchema(analysis.schema)
      ? [problem('analysis.schema', 'must describe an object ("type": "object")')]
      : []),
  ];
}

const notDialable = 'neither an E.164 number (+16505551234) nor a SIP URI (sip:desk@example.com)';
/** What holds a variable is known only in the call. */
const isDialable = (target: string): boolean =>
  /\{\{.+\}\}/.test(target) ||
  /^(tel:)?\+[1-9]\d{1,14}$/i.test(target) ||
  /^sips?:[^\s@]+(@[^\s@]+)?$/i.test(target);

const isObjectSchema = (schema: Readonly<Record<string, unknown>>): boolean =>
  Object.keys(schema).length === 0 || schema.type === 'object' || schema.type === undefined;

/** The places of all but the first of what is there more than once. */
const doubles = (names: readonly string[]): number[] =>
  names.flatMap((name, index) => (names.indexOf(name) < index ? [index] : []));

function checkWisdom(definition: AgentDefinition): FieldProblem[] {
  const { idle, durationWarning, recording, turns, brain, speaksFirst, firstMessage, variables } = definition;
  const found: (FieldProblem | false)[] = [
    definition.systemPrompt.trim() === '' && problem('systemPrompt', 'empty: the model is told nothing'),
    turns.endpointingMinMs > turns.endpointingMaxMs &&
      problem('turns.endpointingMaxMs', 'shorter than the minimum, which counts then'),
    idle.hangUpAfterMs > 0 &&
      idle.prompts.length > 0 &&
      idle.hangUpAfterMs <= idle.promptAfterMs &&
      problem('idle.hangUpAfterMs', 'the call ends before the first idle prompt is said'),
    durationWarning.beforeMs > 0 &&
      durationWarning.text.trim() === '' &&
      problem('durationWarning.text', 'empty: nothing is said before the time is up'),
    recording.policy === 'on' &&
      recording.consentLine.trim() === '' &&
      problem('recording.consentLine', 'empty: in many places callers must be told that they are recorded'),
    brain.kind === 'webhook' &&
      brain.credential === '' &&
      problem('brain.credential', 'none: the webhook cannot tell our requests from anybody else’s'),
    !isLanguage(definition.language) && problem('language', 'not a language tag such as en-US'),
    speaksFirst === 'wait' &&
      firstMessage.trim() === '' &&
      problem('firstMessage', 'empty: the agent says nothing until the caller has spoken'),
    variables.time_zone !== undefined &&
      !isZone(variables.time_zone) &&
      problem('variables.time_zone', 'no time zone such as America/New_York: that of the server counts'),
  ];
  return [
    ...found.filter((one) => one !== false),
    ...unheardPhrases(definition),
    ...unusableVariables(definition),
    ...undefinedVariables(definition),
  ];
}

function isLanguage(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length === 1;
  } catch {
    return false;
  }
}

const unheardPhrases = ({ endCallPhrases }: AgentDefinition): FieldProblem[] =>
  endCallPhrases.flatMap((phrase, index) =>
    /[\p{L}\p{N}]/u.test(phrase)
      ? []
      : [problem(`endCallPhrases.${index}`, 'without a word: it is never found in what the agent says')],
  );

const unusableVariables = ({ variables }: AgentDefinition): FieldProblem[] =>
  Object.keys(variables)
    .filter((name) => fillVariables(`{{${name}}}`, { [name]: 'x' }).text !== 'x')
    .map((name) =>
      problem(`variables.${name}`, 'no text can name it: leave out braces, and blanks at its ends'),
    );

function undefinedVariables(definition: AgentDefinition): FieldProblem[] {
  const builtIn = builtInVariables({
    ...{ callerNumber: null, calledNumber: null, agentName: '', direction: 'inbound', language: 'en-US' },
    at: new Date(0),
  });
  const { missing } = fillDefinition(definition, { ...builtIn, ...definition.variables });
  return missing.map((name) =>
    problem('variables', `{{${name}}} has no default; a call that does not bring it has a hole there`),
  );
}
