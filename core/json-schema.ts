import { z } from 'zod';
import { brokenPart } from './broken-schema.ts';
import type { FieldProblem } from './errors.ts';

/** What a schema may weigh, as JSON. */
const maxSchemaChars = 20_000;
const maxDepth = 12;
/** In names and keywords, which take turns. */
const maxBrokenDepth = 2 * maxDepth;
/** Checked with a regular expression of a stranger's choosing, one value could hold a process for minutes. */
const refusedKeywords = new Set(['pattern', 'patternProperties']);

export type CompiledSchema =
  | { readonly ok: true; readonly check: (value: unknown) => readonly FieldProblem[] }
  /** `broken`: it is no JSON Schema at all; otherwise one beyond what can be checked here. */
  | { readonly ok: false; readonly problem: string; readonly broken: boolean };

/**
 * A JSON Schema (draft 2020-12, 7 or 4) that somebody else wrote, as a check of values. Refused with words: what is no
 * schema, what zod cannot follow (conditions, remote references), regular expressions, and what is too large. One
 * without a type is of objects. Pure.
 */
export function compileJsonSchema(schema: Readonly<Record<string, unknown>>): CompiledSchema {
  if (JSON.stringify(schema).length > maxSchemaChars)
    return refused(`larger than ${maxSchemaChars} characters`);
  const broken = brokenPart(schema, maxBrokenDepth);
  if (broken !== null) return { ok: false, problem: broken, broken: true };
  const unfit = unfitPart(schema, 0);
  if (unfit !== null) return refused(unfit);
  let compiled: z.ZodType;
  try {
    // Where no type is said zod takes any value, and looks at none of its properties.
    compiled = z.fromJSONSchema({ type: 'object', ...schema });
    // References are followed at the first use.
    compiled.safeParse(null);
  } catch (error) {
    return refused(error instanceof Error ? lowerFirst(error.message) : String(error));
  }
  return {
    ok: true,
    check: (value) => {
      const result = compiled.safeParse(value);
      if (result.success) return [];
      return result.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
    },
  };
}

const refused = (problem: string): CompiledSchema => ({ ok: false, problem, broken: false });

function unfitPart(value: unknown, depth: number): string | null {
  if (typeof value !== 'object' || value === null) return null;
  if (depth > maxDepth) return `nested deeper than ${maxDepth} levels`;
  for (const [key, part] of Object.entries(value)) {
    // A property may be called like a keyword; the keyword's own value is a text, or for properties an object of
    // schemas.
    if (refusedKeywords.has(key) && (key === 'patternProperties' || typeof part === 'string'))
      return `"${key}" is not supported; use enum, format or a description instead`;
    const unfit = unfitPart(part, depth + 1);
    if (unfit !== null) return unfit;
  }
  return null;
}

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1).replace(/\.$/, '');
