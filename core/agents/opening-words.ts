import type { AgentDefinition } from './definition.ts';

/**
 * What is said as soon as somebody can hear it: the disclosure, and the first message of an agent that begins. Pure.
 */
export function openingWords({ disclosure, speaksFirst, firstMessage }: AgentDefinition): string {
  return [disclosure, speaksFirst === 'agent' ? firstMessage : '']
    .map((part) => part.trim())
    .filter(Boolean)
    .join(' ');
}

/** How long whoever picks up and says nothing hears nothing, ms; Infinity when the agent waits for them. Pure. */
export function silentAtFirstMs(definition: AgentDefinition): number {
  if (openingWords(definition) !== '' || composesFirst(definition)) return 0;
  const { speaksFirst, firstMessage, firstMessageDelayMs } = definition;
  return speaksFirst === 'wait' && firstMessage.trim() !== ''
    ? firstMessageDelayMs
    : Number.POSITIVE_INFINITY;
}

/** An agent that begins without a first message lets the model find the words. */
export const composesFirst = ({ speaksFirst, firstMessage }: AgentDefinition): boolean =>
  speaksFirst === 'agent' && firstMessage.trim() === '';
