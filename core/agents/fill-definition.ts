import type { AgentDefinition } from './definition.ts';
import { fillVariables } from './variables.ts';

/**
 * Fills `{{name}}` into every text of a definition that is read, said or dialed. Of custom functions only what is said
 * and what the model reads: a value inside a URL or a header needs an encoding of its own. Pure.
 */
export function fillDefinition(
  definition: AgentDefinition,
  values: Readonly<Record<string, string>>,
): { readonly definition: AgentDefinition; readonly missing: readonly string[] } {
  const missing = new Set<string>();
  const fill = (template: string): string => {
    const filled = fillVariables(template, values);
    for (const name of filled.missing) missing.add(name);
    return filled.text;
  };
  const { idle, durationWarning, recording, voicemail, analysis } = definition;
  const filled: AgentDefinition = {
    ...definition,
    systemPrompt: fill(definition.systemPrompt),
    firstMessage: fill(definition.firstMessage),
    disclosure: fill(definition.disclosure),
    brain:
      definition.brain.kind === 'webhook'
        ? { ...definition.brain, fallbackText: fill(definition.brain.fallbackText) }
        : definition.brain,
    idle: { ...idle, prompts: idle.prompts.map(fill) },
    durationWarning: { ...durationWarning, text: fill(durationWarning.text) },
    endCallPhrases: definition.endCallPhrases.map(fill).filter((phrase) => phrase.trim() !== ''),
    functions: definition.functions.map((one) => ({
      ...one,
      description: fill(one.description),
      waitTexts: one.waitTexts.map(fill),
    })),
    handoffTargets: definition.handoffTargets.map(({ agentId, name, description }) => ({
      agentId,
      name: fill(name),
      description: fill(description),
    })),
    transferTo: fill(definition.transferTo),
    transferTargets: definition.transferTargets.map(({ name, number, description, mode }) => ({
      mode,
      name: fill(name),
      number: fill(number),
      description: fill(description),
    })),
    recording: { ...recording, consentLine: fill(recording.consentLine) },
    voicemail: {
      ...voicemail,
      message: fill(voicemail.message),
      screeningLine: fill(voicemail.screeningLine),
    },
    analysis: { ...analysis, successCriteria: fill(analysis.successCriteria) },
  };
  return { definition: filled, missing: [...missing] };
}
