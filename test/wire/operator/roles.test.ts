import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Route } from '../../../control-plane/http/route.ts';
import { createApiKey } from '../../../core/api-keys/index.ts';
import { type TestApp, testApp } from '../../harness/app.ts';
import { type Caller, join, signUp } from './crew.ts';
import { makeThings, requests, type SampleRequest } from './sample-requests.ts';

/** Who may call what, as the tables of document 002 say; additions of ours are marked. Anything else is public. */
const documented: Record<string, 'session' | 'member' | 'developer' | 'admin'> = {
  logOut: 'session',
  getMe: 'session', // addition
  createWorkspace: 'session',
  listWorkspaces: 'session',
  switchWorkspace: 'session',
  getWorkspace: 'member',
  listApiKeys: 'admin', // addition
  createApiKey: 'admin', // addition
  revokeApiKey: 'admin', // addition
  listAgents: 'member',
  createAgent: 'developer',
  getAgent: 'member',
  updateAgent: 'developer',
  deleteAgent: 'developer',
  getAgentUsage: 'member', // addition
  uploadKnowledge: 'developer',
  listKnowledge: 'member',
  deleteKnowledge: 'developer',
  queryKnowledge: 'member',
  listAgentVersions: 'member', // addition
  getAgentVersion: 'member', // addition
  getAgentDraft: 'member', // addition
  saveAgentDraft: 'developer', // addition
  discardAgentDraft: 'developer', // addition
  keepAgentDraft: 'developer', // addition
  publishAgent: 'developer', // addition
  rollBackAgent: 'developer', // addition
  getAgentTraffic: 'member', // addition
  setAgentTraffic: 'developer', // addition
  checkAgent: 'member', // addition
  chat: 'member',
  listChats: 'member',
  getChat: 'member', // addition
  endChat: 'member', // addition
  listCallbacks: 'member', // addition
  listTextMessages: 'member', // addition
  listBatches: 'member',
  uploadBatch: 'member',
  getBatch: 'member',
  updateBatch: 'member',
  deleteBatch: 'member',
  getUpload: 'member', // addition
  previewUpload: 'member', // addition
  listUploadErrors: 'member', // addition
  downloadUploadErrors: 'member', // addition
  deleteUpload: 'member', // addition
  listCampaigns: 'member',
  createCampaign: 'member',
  getCampaign: 'member',
  replaceCampaign: 'member',
  updateCampaign: 'member',
  deleteCampaign: 'member',
  uploadProspects: 'member',
  retryUpload: 'member',
  addProspect: 'member',
  listCampaignOptions: 'member',
  listLiveCampaignCalls: 'member',
  deleteCampaignCache: 'member',
  listCredentials: 'developer', // addition
  createCredential: 'admin', // addition
  replaceCredential: 'admin', // addition
  deleteCredential: 'admin', // addition
  listPhoneNumbers: 'member',
  registerSipTrunk: 'developer',
  mapAgent: 'member',
  updateSip: 'developer',
  deleteSip: 'developer',
  purchasePhoneNumber: 'developer',
  testPhoneNumber: 'developer', // addition
  requestCapture: 'admin', // addition
  listCaptures: 'admin', // addition
  listCarriers: 'developer', // addition
  saveCarrier: 'admin', // addition
  deleteCarrier: 'admin', // addition
  searchCarrier: 'developer', // addition
  listTrunks: 'member', // addition
  setTrunkLimits: 'developer', // addition
  listDoNotCall: 'member', // addition
  addDoNotCall: 'member', // addition
  importDoNotCall: 'member', // addition
  removeDoNotCall: 'developer', // addition
  listCallRegistries: 'member', // addition
  createCallRegistry: 'developer', // addition
  getCallRegistry: 'member', // addition
  changeCallRegistry: 'developer', // addition
  importCallRegistry: 'developer', // addition
  deleteCallRegistry: 'admin', // addition
  listCalls: 'member',
  getCall: 'member',
  exportCalls: 'member',
  placeOutboundCall: 'member',
  announceCall: 'member', // addition
  endCall: 'member', // addition
  controlCall: 'developer', // addition
  superviseCall: 'developer', // addition
  analyzeCall: 'developer', // addition
  streamCall: 'member', // addition
  getLatencyReport: 'member', // addition
  getDashboard: 'member',
  getCallSummary: 'member',
  getDispositionSummary: 'member',
  getRecording: 'member', // addition
  updateWorkspace: 'admin',
  listMembers: 'member',
  changeMemberRole: 'admin', // addition
  removeMember: 'admin',
  inviteMember: 'admin',
  listInvitations: 'admin', // addition
  revokeInvitation: 'admin', // addition
  acceptInvitation: 'session', // addition
  deleteWorkspace: 'admin',
  listAudit: 'admin', // addition
  listEmails: 'admin', // addition
  resendVerification: 'session', // addition
  listSessions: 'session', // addition
  endSession: 'session', // addition
  logOutEverywhere: 'session', // addition; the last one, because it ends what the others live on
};

/** Where the sample request cannot succeed for everybody who may make it. */
const instead: Record<string, number> = {
  // The workspace has calls that are not over.
  deleteWorkspace: 409,
  acceptInvitation: 400,
  endSession: 404,
};

/** Of somebody else's workspace: hidden as if it were not there. */
const foreign: Record<string, number> = {
  announceCall: 404,
  switchWorkspace: 404,
  getWorkspace: 404,
  listApiKeys: 404,
  createApiKey: 404,
  revokeApiKey: 404,
  getAgent: 404,
  updateAgent: 404,
  deleteAgent: 404,
  getAgentUsage: 404,
  uploadKnowledge: 404,
  listKnowledge: 404,
  deleteKnowledge: 404,
  queryKnowledge: 404,
  listAgentVersions: 404,
  getAgentVersion: 404,
  getAgentDraft: 404,
  saveAgentDraft: 404,
  discardAgentDraft: 404,
  keepAgentDraft: 404,
  publishAgent: 404,
  rollBackAgent: 404,
  getAgentTraffic: 404,
  setAgentTraffic: 404,
  checkAgent: 404,
  chat: 404,
  getChat: 404,
  endChat: 404,
  uploadBatch: 400,
  getBatch: 404,
  updateBatch: 404,
  deleteBatch: 404,
  getUpload: 404,
  previewUpload: 404,
  listUploadErrors: 404,
  downloadUploadErrors: 404,
  deleteUpload: 404,
  createCampaign: 400,
  getCampaign: 404,
  replaceCampaign: 404,
  updateCampaign: 404,
  deleteCampaign: 404,
  uploadProspects: 404,
  retryUpload: 404,
  addProspect: 404,
  replaceCredential: 404,
  deleteCredential: 404,
  mapAgent: 404,
  updateSip: 404,
  deleteSip: 404,
  testPhoneNumber: 404,
  requestCapture: 404,
  listCaptures: 404,
  deleteCarrier: 404,
  searchCarrier: 400,
  setTrunkLimits: 404,
  removeDoNotCall: 404,
  getCallRegistry: 404,
  changeCallRegistry: 404,
  importCallRegistry: 404,
  deleteCallRegistry: 404,
  getCall: 404,
  placeOutboundCall: 404,
  endCall: 404,
  controlCall: 404,
  superviseCall: 404,
  analyzeCall: 404,
  streamCall: 404,
  getRecording: 404,
  updateWorkspace: 404,
  listMembers: 404,
  changeMemberRole: 404,
  removeMember: 404,
  inviteMember: 404,
  listInvitations: 404,
  revokeInvitation: 404,
  deleteWorkspace: 404,
  listAudit: 404,
};

const rank = { session: 0, member: 1, developer: 2, admin: 3, superuser: 4 } as const;
/** Not for keys: a key belongs to one workspace. */
const notForKeys = new Set([
  'switchWorkspace',
  'acceptInvitation',
  'resendVerification',
  'listSessions',
  'endSession',
  'logOutEverywhere',
]);

let app: TestApp;
let owner: Caller;
let stranger: Caller;
let byRole: Record<'member' | 'developer' | 'admin' | 'superuser', Caller>;
let routes: Route[];

beforeAll(async () => {
  app = await testApp();
  routes = app.app.surfaces.flatMap((surface) =>
    surface.name === 'operator' || surface.name === 'dialer' ? [...surface.routes] : [],
  );
  owner = await signUp(app, 'Owner');
  stranger = await signUp(app, 'Stranger');
  const as = (role: keyof typeof byRole) => join(app, owner.workspaceId, role);
  byRole = {
    member: await as('member'),
    developer: await as('developer'),
    admin: await as('admin'),
    superuser: await as('superuser'),
  };
});
afterAll(() => app[Symbol.asyncDispose]());

/** What requests are about that are to be refused: nothing of it changes, so it serves all of one operation. */
const untouched = new Map<string, ReturnType<typeof makeThings>>();

function thingsFor({ operationId }: Route, sample: SampleRequest, isRefused: boolean) {
  if (!isRefused) return makeThings(app, owner, sample);
  const things = untouched.get(operationId) ?? makeThings(app, owner, sample);
  untouched.set(operationId, things);
  return things;
}

/** Holds the answer's status to what is expected. A stream has no end of its own: its status is enough. */
async function expectStatus(
  expected: number,
  route: Route,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  const sample = requests[route.operationId];
  if (sample === undefined) throw new Error(`no sample request for ${route.operationId}`);
  const request = sample(await thingsFor(route, sample, expected === 401 || expected === 403));
  const { body } = request;
  const json = body === undefined || body instanceof FormData ? undefined : JSON.stringify(body);
  const abort = new AbortController();
  const response = await fetch(app.url + request.path, {
    method: route.method.toUpperCase(),
    headers: { ...headers, ...(json === undefined ? {} : { 'content-type': 'application/json' }) },
    signal: abort.signal,
    ...(request.body === undefined ? {} : { body: json ?? (request.body as FormData) }),
  });
  const { status } = response;
  abort.abort();
  await response.body?.cancel().catch(() => undefined);
  expect(status).toBe(expected);
}

describe('the route table', () => {
  it('says the same about who may call what as document 002', () => {
    const table = Object.fromEntries(
      routes.filter((route) => route.auth !== 'public').map((route) => [route.operationId, route.auth]),
    );
    expect(table).toEqual(documented);
  });
});

describe.each(Object.keys(documented))('%s', (operationId) => {
  const route = (): Route => {
    const found = routes.find((one) => one.operationId === operationId);
    if (found === undefined) throw new Error(`no route ${operationId}`);
    return found;
  };
  const needed = documented[operationId] ?? 'admin';
  const fits = () => instead[operationId] ?? route().status;

  it('refuses nobody-in-particular, a forged token, an unknown key with 401', async () => {
    for (const headers of [
      {},
      { authorization: 'Bearer eyJhbGciOiJub25lIn0.e30.' },
      { 'x-api-key': 'tk_unknown' },
      { cookie: 'access_token=nonsense' },
    ])
      await expectStatus(401, route(), headers);
  });

  it.each(['member', 'developer', 'admin', 'superuser'] as const)(
    'treats a %s as documented',
    async (role) => {
      const expected = rank[role] >= rank[needed] ? fits() : 403;
      await expectStatus(expected, route(), byRole[role].headers);
    },
  );

  it.each(['member', 'developer', 'admin'] as const)('treats a key of a %s like the role', async (role) => {
    const { key } = await createApiKey(owner.ctx, { name: role, role });
    const may = rank[role] >= rank[needed] && !notForKeys.has(operationId);
    await expectStatus(may ? fits() : 403, route(), { 'x-api-key': key });
  });

  it('hides the things of a workspace from an admin of another', async () => {
    await expectStatus(foreign[operationId] ?? fits(), route(), stranger.headers);
  });
});
