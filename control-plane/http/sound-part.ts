import type { FieldProblem } from '../../core/errors.ts';
import { isRecord } from '../../platform/is-record.ts';

/** What of a body fits, so that it can be looked at beside what does not. */
export interface SoundPart {
  readonly body: Readonly<Record<string, unknown>>;
  /** Where something of it stood in the body that was sent. */
  sentPath(path: string): string;
}

/**
 * Takes everything out of a body that its schema has complained about: of a list the items that are wrong, otherwise
 * the whole field. Null: the body is no object.
 */
export function soundPart(sent: unknown, problems: readonly FieldProblem[]): SoundPart | null {
  if (!isRecord(sent)) return null;
  const body: Record<string, unknown> = { ...sent };
  const kept = new Map<string, readonly number[]>();
  for (const [field, wrong] of wrongItems(problems)) {
    const value = sent[field];
    if (!Array.isArray(value) || wrong.has(null)) {
      delete body[field];
      continue;
    }
    const left = [...value.keys()].filter((index) => !wrong.has(index));
    kept.set(field, left);
    body[field] = left.map((index) => value[index]);
  }
  return {
    body,
    sentPath: (path) => {
      const [field = '', index = '', ...rest] = path.split('.');
      const stood = kept.get(field)?.[Number(index)];
      return stood === undefined ? path : [field, stood, ...rest].join('.');
    },
  };
}

/** Of each field that is wrong: which of its items are; null among them: the field itself. */
function wrongItems(problems: readonly FieldProblem[]): Map<string, Set<number | null>> {
  const found = new Map<string, Set<number | null>>();
  for (const { path } of problems) {
    const [field = '', item] = path.split('.');
    const index = item !== undefined && /^\d+$/.test(item) ? Number(item) : null;
    found.set(field, (found.get(field) ?? new Set()).add(index));
  }
  return found;
}
