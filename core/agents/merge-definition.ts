import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { isRecord } from '../../platform/is-record.ts';
import { DomainError } from '../errors.ts';
import { type AgentDefinition, agentDefinition } from './definition.ts';

const groupNames = [
  ...(['llm', 'stt', 'tts', 'turns', 'idle'] as const),
  ...(['durationWarning', 'recording', 'voicemail', 'analysis'] as const),
] as const;
type Group = (typeof groupNames)[number];
const groups: ReadonlySet<string> = new Set(groupNames);

/** What an update may name: the groups in parts, everything else as a whole. */
export type DefinitionPatch = {
  readonly [K in keyof AgentDefinition]?:
    | (K extends Group ? Partial<AgentDefinition[K]> : AgentDefinition[K])
    | undefined;
} & { readonly functions?: unknown };

export const definitionPatch = z.custom<DefinitionPatch>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'must be an object',
);

/** Lays a patch over a definition. Throws invalid with paths under `definition`. Null: nothing would change. */
export function mergeDefinition(
  live: AgentDefinition,
  patch: Readonly<Record<string, unknown>>,
): AgentDefinition | null {
  const merged: Record<string, unknown> = { ...live };
  for (const [key, value] of Object.entries(patch)) {
    if (value === undefined) continue;
    merged[key] =
      groups.has(key) && isRecord(value) ? { ...(merged[key] as object), ...withoutUndefined(value) } : value;
  }
  const result = agentDefinition.safeParse(merged);
  if (!result.success)
    throw new DomainError('invalid', 'The request does not fit.', {
      fields: result.error.issues.map((issue) => ({
        path: ['definition', ...issue.path].join('.'),
        message: issue.message,
      })),
    });
  return isDeepStrictEqual(result.data, live) ? null : result.data;
}

const withoutUndefined = (record: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
