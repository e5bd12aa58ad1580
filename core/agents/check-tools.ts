import { and, eq, inArray } from 'drizzle-orm';
import { credentials } from '../../db/schema/credentials.ts';
import type { WorkspaceContext } from '../context.ts';
import type { FieldProblem } from '../errors.ts';
import { compileJsonSchema } from '../json-schema.ts';
import { type AgentDefinition, builtInNames } from './definition.ts';

/** What of an agent's functions and tool servers cannot work. */
export async function checkTools(
  definition: AgentDefinition,
  ctx: Pick<WorkspaceContext, 'db' | 'workspaceId'>,
): Promise<FieldProblem[]> {
  return [...checkNames(definition), ...checkNotes(definition), ...(await checkCredentials(definition, ctx))];
}

function checkNames({ functions, mcpServers }: AgentDefinition): FieldProblem[] {
  const builtIn: ReadonlySet<string> = new Set(builtInNames);
  const names = mcpServers.map(({ name }) => name);
  return [
    ...functions.flatMap(({ name }, index) =>
      builtIn.has(name)
        ? [{ path: `functions.${index}.name`, message: 'a built-in function has this name' }]
        : [],
    ),
    ...names.flatMap((name, index) =>
      names.indexOf(name) < index
        ? [{ path: `mcpServers.${index}.name`, message: 'another server has this name' }]
        : [],
    ),
  ];
}

function checkNotes({ noteSchema }: AgentDefinition): FieldProblem[] {
  if (Object.keys(noteSchema).length === 0) return [];
  const schema = compileJsonSchema(noteSchema);
  if (!schema.ok)
    return [{ path: 'noteSchema', message: `not a JSON Schema that can be used: ${schema.problem}` }];
  return noteSchema.type === undefined || noteSchema.type === 'object'
    ? []
    : [{ path: 'noteSchema', message: 'must describe an object ("type": "object")' }];
}

async function checkCredentials(
  { functions, mcpServers, brain }: AgentDefinition,
  { db, workspaceId }: Pick<WorkspaceContext, 'db' | 'workspaceId'>,
): Promise<FieldProblem[]> {
  const named = [
    ...functions.map(({ credential }, index) => ({ path: `functions.${index}.credential`, credential })),
    ...mcpServers.map(({ credential }, index) => ({ path: `mcpServers.${index}.credential`, credential })),
    ...(brain.kind === 'webhook' ? [{ path: 'brain.credential', credential: brain.credential }] : []),
  ].filter(({ credential }) => credential !== '');
  if (named.length === 0) return [];
  const names = named.map(({ credential }) => credential);
  const rows = await db
    .select({ name: credentials.name })
    .from(credentials)
    .where(and(eq(credentials.workspaceId, workspaceId), inArray(credentials.name, names)));
  const known = new Set(rows.map(({ name }) => name));
  return named
    .filter(({ credential }) => !known.has(credential))
    .map(({ path, credential }) => ({
      path,
      message: `the workspace has no credential "${credential}"`,
    }));
}
