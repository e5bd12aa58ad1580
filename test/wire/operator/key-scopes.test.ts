import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Route } from '../../../control-plane/http/route.ts';
import { createApiKey } from '../../../core/api-keys/index.ts';
import { type KeyScope, keyScopes } from '../../../core/key-scopes.ts';
import { inviteMember } from '../../../core/workspaces/index.ts';
import { emails } from '../../../db/schema/emails.ts';
import { type TestApp, testApp } from '../../harness/app.ts';
import { type Caller, join, signUp } from './crew.ts';
import { makeThings, requests } from './sample-requests.ts';

/** What a key must have for each route that keys may use. Routes about the caller themselves are not here. */
const opens: Record<string, readonly KeyScope[]> = {
  createWorkspace: ['workspace:write'],
  listWorkspaces: ['workspace:read'],
  getWorkspace: ['workspace:read'],
  updateWorkspace: ['workspace:write'],
  deleteWorkspace: ['workspace:write'],
  listApiKeys: ['workspace:read'],
  createApiKey: ['workspace:write'],
  revokeApiKey: ['workspace:write'],
  listMembers: ['workspace:read'],
  changeMemberRole: ['workspace:write'],
  removeMember: ['workspace:write'],
  inviteMember: ['workspace:write'],
  listInvitations: ['workspace:read'],
  revokeInvitation: ['workspace:write'],
  listAudit: ['workspace:read'],
  listEmails: ['workspace:read'],
  listAgents: ['agents:read'],
  createAgent: ['agents:write'],
  getAgent: ['agents:read'],
  updateAgent: ['agents:write'],
  deleteAgent: ['agents:write'],
  getAgentUsage: ['agents:read'],
  uploadKnowledge: ['agents:write'],
  listKnowledge: ['agents:read'],
  deleteKnowledge: ['agents:write'],
  queryKnowledge: ['agents:read'],
  listAgentVersions: ['agents:read'],
  getAgentVersion: ['agents:read'],
  getAgentDraft: ['agents:read'],
  saveAgentDraft: ['agents:write'],
  discardAgentDraft: ['agents:write'],
  keepAgentDraft: ['agents:write'],
  publishAgent: ['agents:write'],
  rollBackAgent: ['agents:write'],
  getAgentTraffic: ['agents:read'],
  setAgentTraffic: ['agents:write'],
  checkAgent: ['agents:read'],
  chat: ['chats:write'],
  listChats: ['chats:read'],
  getChat: ['chats:read'],
  endChat: ['chats:write'],
  listCallbacks: ['calls:read'],
  listTextMessages: ['calls:read'],
  listBatches: ['campaigns:read'],
  uploadBatch: ['campaigns:write'],
  getBatch: ['campaigns:read'],
  updateBatch: ['campaigns:write'],
  deleteBatch: ['campaigns:read', 'campaigns:write'],
  getUpload: ['campaigns:read'],
  previewUpload: ['campaigns:read'],
  listUploadErrors: ['campaigns:read'],
  downloadUploadErrors: ['campaigns:read'],
  deleteUpload: ['campaigns:write'],
  listCampaigns: ['campaigns:read'],
  createCampaign: ['campaigns:write'],
  getCampaign: ['campaigns:read'],
  replaceCampaign: ['campaigns:write'],
  updateCampaign: ['campaigns:write'],
  deleteCampaign: ['campaigns:write'],
  uploadProspects: ['campaigns:write'],
  retryUpload: ['campaigns:write'],
  addProspect: ['campaigns:write'],
  listCampaignOptions: ['agents:read', 'numbers:read'],
  listLiveCampaignCalls: ['campaigns:read'],
  deleteCampaignCache: ['campaigns:write'],
  listCredentials: ['credentials:read'],
  createCredential: ['credentials:write'],
  replaceCredential: ['credentials:write'],
  deleteCredential: ['credentials:write'],
  listPhoneNumbers: ['numbers:read'],
  registerSipTrunk: ['numbers:write'],
  mapAgent: ['numbers:write'],
  updateSip: ['numbers:write'],
  deleteSip: ['numbers:write'],
  purchasePhoneNumber: ['numbers:write'],
  testPhoneNumber: ['numbers:write'],
  listCarriers: ['numbers:read'],
  saveCarrier: ['numbers:write'],
  deleteCarrier: ['numbers:write'],
  searchCarrier: ['numbers:read'],
  requestCapture: ['numbers:write'],
  listCaptures: ['numbers:write'], // it leaves an audit line, and opens what people said
  listTrunks: ['numbers:read'],
  setTrunkLimits: ['numbers:write'],
  listDoNotCall: ['campaigns:read'],
  addDoNotCall: ['campaigns:write'],
  importDoNotCall: ['campaigns:write'],
  removeDoNotCall: ['campaigns:write'],
  listCallRegistries: ['campaigns:read'],
  createCallRegistry: ['campaigns:write'],
  getCallRegistry: ['campaigns:read'],
  changeCallRegistry: ['campaigns:write'],
  importCallRegistry: ['campaigns:write'],
  deleteCallRegistry: ['campaigns:write'],
  listCalls: ['calls:read'],
  getCall: ['calls:read'],
  exportCalls: ['calls:read'],
  placeOutboundCall: ['calls:write'],
  announceCall: ['calls:write'],
  endCall: ['calls:write'],
  controlCall: ['calls:write'],
  superviseCall: ['calls:write'],
  analyzeCall: ['calls:write'],
  streamCall: ['calls:read'],
  getRecording: ['calls:read'],
  getLatencyReport: ['reports:read'],
  getDashboard: ['reports:read'],
  getCallSummary: ['reports:read'],
  getDispositionSummary: ['reports:read'],
};
const aboutCaller = [
  ...['logOut', 'getMe', 'switchWorkspace', 'acceptInvitation', 'resendVerification'],
  ...['listSessions', 'endSession', 'logOutEverywhere'],
];
/**
 * The workspace has calls that are not over; the sample asks for a key that may more than the one that asks; no key
 * with scopes gives anybody a role.
 */
const instead: Record<string, number> = {
  ...{ deleteWorkspace: 409, createApiKey: 403 },
  ...{ inviteMember: 403, changeMemberRole: 403 },
};

let app: TestApp;
let owner: Caller;
let routes: Route[];
beforeAll(async () => {
  app = await testApp();
  owner = await signUp(app, 'Owner');
  routes = app.app.surfaces.flatMap(({ name, routes: all }) =>
    name === 'operator' || name === 'dialer' ? [...all] : [],
  );
});
afterAll(() => app[Symbol.asyncDispose]());

async function ask(operationId: string, scopes: KeyScope[]) {
  const route = routes.find((one) => one.operationId === operationId);
  const sample = requests[operationId];
  if (route === undefined || sample === undefined) throw new Error(`no sample request for ${operationId}`);
  const { key } = await createApiKey(owner.ctx, { name: 'confined', role: 'admin', scopes });
  const { path, body } = sample(await makeThings(app, owner, sample));
  const isForm = body instanceof FormData;
  const abort = new AbortController();
  const response = await fetch(app.url + path, {
    method: route.method.toUpperCase(),
    headers: {
      'x-api-key': key,
      ...(isForm || body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) }),
    signal: abort.signal,
  });
  const refusal = response.status === 403 ? await response.text() : '';
  const answer = { status: response.status, lacks: /needs the scope ([a-z:]+)/.exec(refusal)?.[1] };
  abort.abort();
  await response.body?.cancel().catch(() => undefined);
  return { ...answer, expected: instead[operationId] ?? route.status };
}

describe('an API key with scopes', () => {
  it('is decided about for every route that is not public', () => {
    const protectedIds = routes.filter(({ auth }) => auth !== 'public').map(({ operationId }) => operationId);
    expect([...Object.keys(opens), ...aboutCaller].sort()).toEqual(protectedIds.sort());
  });

  it.each(Object.entries(opens))(
    '%s is refused by the name of what is missing, and opened by it',
    async (id, needs) => {
      const granted: KeyScope[] = [needs.includes('reports:read') ? 'credentials:read' : 'reports:read'];
      for (const scope of needs) {
        expect(await ask(id, granted)).toMatchObject({ status: 403, lacks: scope });
        granted.push(scope);
      }
      const answer = await ask(id, granted);
      expect(answer.status).toBe(answer.expected);
    },
  );

  it('is refused before a body is read, whatever that is', async () => {
    const { key } = await createApiKey(owner.ctx, { name: 'x', role: 'admin', scopes: ['reports:read'] });
    const late: string[] = [];
    for (const { operationId, method, path, body, auth } of routes) {
      if (body === undefined || auth === 'public' || aboutCaller.includes(operationId)) continue;
      const answer = await app.call(
        method.toUpperCase(),
        path.replaceAll(/\{\w+\}/g, '01a20000-0000-7000-8000-000000000000'),
        { headers: { 'x-api-key': key, 'content-type': 'image/png' }, body: 'no JSON' },
      );
      const lacks = `needs the scope ${opens[operationId]?.at(-1)}`;
      if (answer.status !== 403 || !answer.body.detail.includes(lacks))
        late.push(`${operationId} answered ${answer.status} ${answer.body.detail}`);
    }
    expect(late).toEqual([]);
  });

  it('is shown with them, and one without may what its role may', async () => {
    const path = `/workspaces/${owner.workspaceId}/api-keys`;
    const post = (body: unknown) => app.call('POST', path, { headers: owner.headers, body });
    const made = await post({ name: 'reports', role: 'member', scopes: ['reports:read', 'calls:read'] });
    expect([made.status, made.body.scopes]).toEqual([201, ['calls:read', 'reports:read']]);
    const open = await post({ name: 'all' });
    expect(open.body.scopes).toBeNull();
    const list = await app.call('GET', path, { headers: owner.headers });
    const shown = list.body.find(({ id }: { id: string }) => id === made.body.id);
    expect(shown.scopes).toEqual(['calls:read', 'reports:read']);
    const agents = await app.call('GET', '/agents', { headers: { 'x-api-key': open.body.key } });
    expect(agents.status).toBe(200);
  });

  it('cannot be made with a scope that does not exist, nor with none', async () => {
    const path = `/workspaces/${owner.workspaceId}/api-keys`;
    for (const [scopes, field] of [
      [['calls:delete'], 'scopes.0'],
      [[], 'scopes'],
    ] as const) {
      const answer = await app.call('POST', path, { headers: owner.headers, body: { name: 'x', scopes } });
      expect([answer.status, answer.body.errors[0].field]).toEqual([400, field]);
    }
  });

  it('makes no key that may more than itself', async () => {
    const { key } = await createApiKey(owner.ctx, { name: 'x', role: 'admin', scopes: ['workspace:write'] });
    const make = (body: unknown) =>
      app.call('POST', `/workspaces/${owner.workspaceId}/api-keys`, { headers: { 'x-api-key': key }, body });
    expect((await make({ name: 'same', scopes: ['workspace:read'] })).status).toBe(201);
    const more = await make({ name: 'more', scopes: ['workspace:write', 'calls:read'] });
    expect([more.status, more.body.detail]).toEqual([403, expect.stringContaining('It lacks calls:read.')]);
    expect((await make({ name: 'everything' })).status).toBe(403);
  });

  it('makes no key without scopes, even when it has them all', async () => {
    const { key } = await createApiKey(owner.ctx, { name: 'x', role: 'admin', scopes: [...keyScopes] });
    const answer = await app.call('POST', `/workspaces/${owner.workspaceId}/api-keys`, {
      ...{ headers: { 'x-api-key': key }, body: { name: 'everything', role: 'admin' } },
    });
    expect([answer.status, answer.body.detail]).toEqual([
      403,
      expect.stringContaining('makes only keys with scopes'),
    ]);
  });

  it('gives nobody a role in the workspace; one without does', async () => {
    const member = await join(app, owner.workspaceId, 'member');
    const give = async (scopes: KeyScope[] | null) => {
      const { key } = await createApiKey(owner.ctx, { name: 'x', role: 'admin', scopes });
      const headers = { 'x-api-key': key };
      const path = `/workspaces/${owner.workspaceId}`;
      return [
        await app.call('POST', `${path}/invite`, { headers, body: { email: 'friend@pier.test' } }),
        await app.call('PATCH', `${path}/members/${member.userId}`, { headers, body: { role: 'developer' } }),
      ];
    };
    for (const { status, body } of await give([...keyScopes]))
      expect([status, body.detail]).toEqual([403, expect.stringContaining('gives nobody a role')]);
    expect((await give(null)).map(({ status }) => status)).toEqual([201, 204]);
  });

  it('sees that mail is held and not what it says; one without and a signed-in admin read it', async () => {
    const boss = await signUp(app, 'Boss');
    await inviteMember(boss.ctx, { workspaceId: boss.workspaceId, email: 'guest@pier.test' });
    await app.t.db.update(emails).set({ status: 'held' }).where(eq(emails.toAddress, 'guest@pier.test'));
    const read = async (headers: Readonly<Record<string, string>>) =>
      (await app.call('GET', '/emails', { headers })).body;
    const readBy = async (scopes: KeyScope[] | null) =>
      read({ 'x-api-key': (await createApiKey(boss.ctx, { name: 'x', role: 'admin', scopes })).key });
    const link = expect.stringContaining('accept-invitation?token=');
    for (const scope of ['workspace:read', 'workspace:write'] as const)
      expect(await readBy([scope])).toMatchObject([{ to: 'guest@pier.test', status: 'held', text: null }]);
    expect(await readBy(null)).toMatchObject([{ status: 'held', text: link }]);
    expect(await read(boss.headers)).toMatchObject([{ status: 'held', text: link }]);
  });

  it('has the right of its role within its scopes only', async () => {
    const { key } = await createApiKey(owner.ctx, { name: 'x', role: 'member', scopes: [...keyScopes] });
    const answer = await app.call('POST', '/agents', {
      headers: { 'x-api-key': key },
      body: { agent_name: 'A' },
    });
    expect([answer.status, answer.body.detail]).toEqual([403, expect.stringContaining('the role developer')]);
  });
});
