import type { Actor } from './context.ts';

/** The parts of the product that an API key may be confined to. */
const areas = [
  'agents',
  'calls',
  'chats',
  'numbers',
  'campaigns',
  'reports',
  'credentials',
  'workspace',
] as const;
type Area = (typeof areas)[number];
export type KeyScope = `${Area}:${'read' | 'write'}`;

/** Every scope there is. `write` includes `read`. */
export const keyScopes: readonly [KeyScope, ...KeyScope[]] = [
  'agents:read',
  'agents:write',
  'calls:read',
  'calls:write',
  'chats:read',
  'chats:write',
  'numbers:read',
  'numbers:write',
  'campaigns:read',
  'campaigns:write',
  'reports:read',
  'credentials:read',
  'credentials:write',
  'workspace:read',
  'workspace:write',
];

/** By the noun of an operation's name. Null: about the caller themselves, so no scope is asked for. */
const areaOf: Readonly<Record<string, Area | null>> = {
  agent: 'agents',
  knowledge: 'agents',
  call: 'calls',
  recording: 'calls',
  callback: 'calls',
  text_message: 'calls',
  conversation: 'chats',
  tool: 'chats',
  number: 'numbers',
  trunk: 'numbers',
  capture: 'numbers',
  carrier_account: 'numbers',
  campaign: 'campaigns',
  contact: 'campaigns',
  contact_list: 'campaigns',
  do_not_call: 'campaigns',
  call_registry: 'campaigns',
  report: 'reports',
  credential: 'credentials',
  workspace: 'workspace',
  member: 'workspace',
  invitation: 'workspace',
  api_key: 'workspace',
  audit: 'workspace',
  email: 'workspace',
  user: null,
  session: null,
};

/** The scope that an operation asks of a key; null: none. Undefined: no scope opens it. */
export function keyScopeOf(operationName: string, reads: boolean): KeyScope | null | undefined {
  const area = areaOf[operationName.split('.')[0] ?? ''];
  if (area === undefined || area === null) return area;
  const scope = `${area}:${reads ? 'read' : 'write'}` as const;
  return keyScopes.includes(scope) ? scope : undefined;
}

/** Whether somebody calls with a key that is confined to parts of the product. */
export const isConfined = (actor: Actor): boolean => actor.kind === 'api-key' && actor.scopes !== null;

/** Whether what a key was given (null: whatever its role may) covers a scope. */
export const coversScope = (granted: readonly string[] | null, needed: KeyScope): boolean =>
  granted === null || granted.includes(needed) || granted.some((one) => one === writing(needed));

const writing = (scope: KeyScope): string => scope.replace(/:read$/, ':write');
