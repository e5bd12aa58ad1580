import { isRecord } from '../platform/is-record.ts';

const types: readonly unknown[] = ['string', 'number', 'integer', 'boolean', 'object', 'array', 'null'];

/** Keywords by what their value is: a schema, a list of schemas, an object of schemas. */
const one = ['items', 'additionalProperties', 'contains', 'propertyNames', 'not', 'if', 'then', 'else'];
const lists = ['anyOf', 'oneOf', 'allOf', 'prefixItems'];
const maps = ['properties', '$defs', 'definitions', 'dependentSchemas'];

/** What no version of JSON Schema allows, and language models refuse, in words; null: nothing. Pure. */
export function brokenPart(schema: unknown, maxDepth: number, path: readonly string[] = []): string | null {
  if (typeof schema === 'boolean' || path.length > maxDepth) return null;
  const here = path.length === 0 ? 'the schema' : `"${path.join('.')}"`;
  if (!isRecord(schema)) return `${here} must be an object, or true or false`;
  const { type, required } = schema;
  const strange = [type].flat().find((name) => name !== undefined && !types.includes(name));
  if (strange !== undefined)
    return `the type of ${here} is ${JSON.stringify(strange)}; there are ${types.join(', ')}`;
  if (required !== undefined && !Array.isArray(required)) return '"required" must be a list';
  for (const keyword of [...one, ...lists, ...maps]) {
    const part = schema[keyword];
    if (part === undefined) continue;
    const broken = brokenKeyword(keyword, part, maxDepth, [...path, keyword]);
    if (broken !== null) return broken;
  }
  return null;
}

function brokenKeyword(keyword: string, part: unknown, maxDepth: number, path: string[]): string | null {
  if (lists.includes(keyword) && !Array.isArray(part)) return `"${keyword}" must be a list`;
  if (maps.includes(keyword) && !isRecord(part)) return `"${keyword}" must be an object`;
  // Before 2020 the items of a list could have a schema each.
  const several = maps.includes(keyword) || Array.isArray(part);
  if (!several) return brokenPart(part, maxDepth, path);
  for (const [name, schema] of Object.entries(part as object)) {
    const broken = brokenPart(schema, maxDepth, [...path, name]);
    if (broken !== null) return broken;
  }
  return null;
}
