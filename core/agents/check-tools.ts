import { and, eq, inArray, isNull } from 'drizzle-orm';
import { agents } from '../../db/schema/agents.ts';
import { credentials } from '../../db/schema/credentials.ts';
import { isForbiddenOnSight } from '../../platform/guarded-fetch.ts';
import type { WorkspaceContext } from '../context.ts';
import { headerNamePattern, headerValuePattern } from '../credentials/secret.ts';
import type { FieldProblem } from '../errors.ts';
import { compileJsonSchema } from '../json-schema.ts';
import { handOffName } from '../tools/hand-off.ts';
import { type AgentDefinition, builtInNames } from './definition.ts';

/** What of an agent's functions and tool servers cannot work. */
export async function checkTools(
  definition: AgentDefinition,
  ctx: Pick<WorkspaceContext, 'db' | 'services' | 'workspaceId'>,
): Promise<FieldProblem[]> {
  return [
    ...checkNames(definition),
    ...checkAddresses(definition, ctx.services.ports.allowedHosts),
    ...checkHeaders(definition),
    ...checkParameters(definition),
    ...checkNotes(definition),
    ...(await checkCredentials(definition, ctx)),
    ...(await checkHandOffs(definition, ctx)),
  ];
}

function checkNames({ functions, mcpServers, handoffTargets }: AgentDefinition): FieldProblem[] {
  const builtIn = new Set<string>(handoffTargets.length > 0 ? [...builtInNames, handOffName] : builtInNames);
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

/** Whom an agent asks outside, and where its definition says so. */
const asked = ({ functions, mcpServers, brain }: AgentDefinition) => [
  ...functions.map(({ url, credential }, index) => ({ path: `functions.${index}`, url, credential })),
  ...mcpServers.map(({ url, credential }, index) => ({ path: `mcpServers.${index}`, url, credential })),
  ...(brain.kind === 'webhook' ? [{ path: 'brain', url: brain.url, credential: brain.credential }] : []),
];

function checkAddresses(definition: AgentDefinition, allowedHosts: readonly string[]): FieldProblem[] {
  return asked(definition).flatMap(({ path, url }) => {
    const message = URL.canParse(url) ? troubleWith(url, allowedHosts) : null;
    return message === null ? [] : [{ path: `${path}.url`, message }];
  });
}

function troubleWith(url: string, allowedHosts: readonly string[]): string | null {
  const { username, password } = new URL(url);
  if (username !== '' || password !== '')
    return 'holds a user name or password, which is not sent from here; make a credential of kind basic and name it in credential';
  return isForbiddenOnSight(url, allowedHosts)
    ? 'leads to a private or reserved address; whoever runs this installation may allow it (ALLOWED_PRIVATE_HOSTS)'
    : null;
}

/** They belong to the connection, and one that does not fit it breaks the request. */
const ownHeaders = new Set(['connection', 'content-length', 'host', 'trailer', 'transfer-encoding']);

function checkHeaders({ functions, mcpServers }: AgentDefinition): FieldProblem[] {
  const check = (path: string, headers: Readonly<Record<string, string>>) =>
    Object.entries(headers).flatMap(([name, value]) => {
      const message = troubleWithHeader(name, value);
      return message === null ? [] : [{ path: `${path}.headers.${name}`, message }];
    });
  return [
    ...functions.flatMap(({ headers }, index) => check(`functions.${index}`, headers)),
    ...mcpServers.flatMap(({ headers }, index) => check(`mcpServers.${index}`, headers)),
  ];
}

function troubleWithHeader(name: string, value: string): string | null {
  if (!headerNamePattern.test(name))
    return 'not the name of a header; write it with letters, digits and -, without spaces';
  if (ownHeaders.has(name.toLowerCase())) return 'is set for each request by itself; leave it out';
  return headerValuePattern.test(value) ? null : 'the value must be one line of plain characters';
}

function checkParameters({ functions }: AgentDefinition): FieldProblem[] {
  return functions.flatMap(({ parameters }, index) => {
    const path = `functions.${index}.parameters`;
    if (parameters.type !== undefined && parameters.type !== 'object')
      return [{ path, message: 'must describe an object ("type": "object")' }];
    const schema = compileJsonSchema(parameters);
    return schema.ok || !schema.broken ? [] : [{ path, message: `not a JSON Schema: ${schema.problem}` }];
  });
}

/** What works, though not as its author may think. Pure. */
export function adviseOnTools({ functions, mcpServers }: AgentDefinition): FieldProblem[] {
  const unchecked = functions.flatMap(({ parameters }, index) => {
    const schema = compileJsonSchema(parameters);
    if (schema.ok || schema.broken) return [];
    const message = `arguments are not checked before they are sent: ${schema.problem}`;
    return [{ path: `functions.${index}.parameters`, message }];
  });
  const addressed = [
    ...functions.map((one, index) => ({ path: `functions.${index}`, ...one })),
    ...mcpServers.map((one, index) => ({ path: `mcpServers.${index}`, ...one })),
  ];
  const literal = addressed.flatMap(({ path, url, headers }) =>
    /\{\{.+\}\}/.test(`${url} ${Object.values(headers).join(' ')}`)
      ? [{ path, message: 'variables are not filled in in a URL or a header: {{…}} is sent as it stands' }]
      : [],
  );
  return [...unchecked, ...literal];
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
  definition: AgentDefinition,
  { db, workspaceId }: Pick<WorkspaceContext, 'db' | 'workspaceId'>,
): Promise<FieldProblem[]> {
  const named = asked(definition).filter(({ credential }) => credential !== '');
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
      path: `${path}.credential`,
      message: `the workspace has no credential "${credential}"`,
    }));
}

async function checkHandOffs(
  { handoffTargets }: AgentDefinition,
  { db, workspaceId }: Pick<WorkspaceContext, 'db' | 'workspaceId'>,
): Promise<FieldProblem[]> {
  if (handoffTargets.length === 0) return [];
  const ids = handoffTargets.map(({ agentId }) => agentId);
  const rows = await db
    .select({ id: agents.id })
    .from(agents)
    .where(and(eq(agents.workspaceId, workspaceId), inArray(agents.id, ids), isNull(agents.deletedAt)));
  const known = new Set(rows.map(({ id }) => id));
  return ids.flatMap((id, index) =>
    known.has(id)
      ? []
      : [{ path: `handoffTargets.${index}`, message: 'the workspace has no agent of this id' }],
  );
}
