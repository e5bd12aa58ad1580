import { saveDraft } from '../../../core/agents/index.ts';
import { createApiKey } from '../../../core/api-keys/index.ts';
import { endCall, finalizeCall, startWebCall } from '../../../core/calls/index.ts';
import { createCampaign } from '../../../core/campaigns/index.ts';
import { carrierAccount, saveCarrierAccount } from '../../../core/carriers/index.ts';
import { addDoNotCall, createList, createRegistry, receiveUpload } from '../../../core/contacts/index.ts';
import { startConversation } from '../../../core/conversations/index.ts';
import { createCredential } from '../../../core/credentials/index.ts';
import { inviteMember } from '../../../core/workspaces/index.ts';
import { memberships } from '../../../db/schema/memberships.ts';
import { users } from '../../../db/schema/users.ts';
import { csvForm } from '../../factories/csv.ts';
import { giveFile } from '../../factories/knowledge.ts';
import { newAgent, newLine, nextNumber } from '../../factories/lines.ts';
import { givePiece } from '../../factories/recordings.ts';
import type { TestApp } from '../../harness/app.ts';
import type { Caller } from './crew.ts';

export type SampleRequest = (things: Things) => { path: string; body?: unknown };

/** Things of one workspace to act on, fresh for each request: some requests delete them. */
interface Things {
  readonly workspaceId: string;
  readonly agentId: string;
  readonly number: string;
  readonly callId: string;
  readonly finishedCallId: string;
  readonly recordedCallId: string;
  readonly keyId: string;
  readonly credentialId: string;
  readonly carrier: string;
  readonly trunk: string;
  readonly listedNumber: string;
  readonly registryId: string;
  readonly chatId: string;
  readonly spareAgentId: string;
  readonly spareNumber: string;
  readonly campaignId: string;
  readonly batchId: string;
  readonly uploadId: string;
  readonly memberId: string;
  readonly invitationId: string;
}

/** Makes what a request is about, and no more: there are a thousand of them. */
export async function makeThings(app: TestApp, owner: Caller, request: SampleRequest): Promise<Things> {
  const wanted = namedBy(request);
  const wants = (...names: (keyof Things)[]): boolean => names.some((name) => wanted.has(name));
  const wantsCall = wants('callId', 'finishedCallId', 'recordedCallId');
  const wantsCampaign = wants('spareAgentId', 'spareNumber', 'campaignId', 'batchId', 'uploadId');
  return {
    ...nothing,
    workspaceId: owner.workspaceId,
    ...(wantsCall || wants('agentId', 'number', 'trunk', 'chatId')
      ? await makeDesk(app, owner, wantsCall)
      : {}),
    ...(wantsCampaign ? await makeCampaigns(app, owner) : {}),
    ...(wants('keyId', 'credentialId', 'carrier') ? await makeKeys(owner) : {}),
    ...(wants('listedNumber', 'registryId') ? await makeLists(owner) : {}),
    ...(wants('memberId', 'invitationId') ? await makePeople(app, owner) : {}),
  };
}

const nothing: Things = {
  ...{ workspaceId: '', agentId: '', number: '', callId: '', finishedCallId: '', recordedCallId: '' },
  ...{ keyId: '', credentialId: '', carrier: '', chatId: '', memberId: '', invitationId: '' },
  ...{ spareAgentId: '', spareNumber: '', campaignId: '', batchId: '', uploadId: '' },
  ...{ trunk: '', listedNumber: '', registryId: '' },
};

function namedBy(request: SampleRequest): ReadonlySet<keyof Things> {
  const names = new Set<keyof Things>();
  request(
    new Proxy(nothing, {
      get: (_, name) => {
        names.add(name as keyof Things);
        return '';
      },
    }),
  );
  return names;
}

/** An agent with a file and a draft, its number, a chat, and calls where they are wanted. */
async function makeDesk(app: TestApp, owner: Caller, wantsCall: boolean): Promise<Partial<Things>> {
  const slug = `desk-${Math.random().toString(36).slice(2, 10)}`;
  const agent = await newAgent(owner.ctx, { webSlug: slug });
  await giveFile(app.t, owner.ctx, agent.id, 'menu.txt', 'Breakfast from six.');
  await saveDraft(owner.ctx, { agentId: agent.id, definition: { systemPrompt: 'Be brief.' } });
  const number = await newLine(app.t, owner.ctx, agent.id, uniqueNumber());
  const { conversation: chat } = await startConversation(owner.ctx, { agentId: agent.id });
  const desk = {
    ...{ agentId: agent.id, number: number.e164, trunk: number.sipAddress, chatId: chat.id },
  };
  if (!wantsCall) return desk;
  const { call } = await startWebCall(app.t.anonymous, { agent: slug });
  const { call: finished } = await startWebCall(app.t.anonymous, { agent: slug });
  await endCall(owner.ctx, { callId: finished.id });
  await finalizeCall(app.t.system(), { callId: finished.id });
  await givePiece(app.t, finished.id, { seq: 1, samples: new Int16Array(4) });
  return { ...desk, callId: call.id, finishedCallId: finished.id, recordedCallId: finished.id };
}

async function makeKeys(owner: Caller): Promise<Partial<Things>> {
  const { apiKey } = await createApiKey(owner.ctx, { name: 'for revoking', role: 'member' });
  await saveCarrierAccount(owner.ctx, { account: carrierAccount.parse({ carrier: 'telnyx', apiKey: 'k' }) });
  const credential = await createCredential(owner.ctx, {
    name: `shop ${++counter}`,
    secret: { kind: 'bearer', token: 'abc' },
  });
  return { keyId: apiKey.id, credentialId: credential.id, carrier: 'telnyx' };
}

async function makeLists(owner: Caller): Promise<Partial<Things>> {
  const listedNumber = uniqueNumber();
  await addDoNotCall(owner.ctx, { phones: [listedNumber] });
  const { id: registryId } = await createRegistry(owner.ctx, { name: `R ${++counter}`, country: 'GB' });
  return { listedNumber, registryId };
}

async function makePeople(app: TestApp, owner: Caller): Promise<Partial<Things>> {
  const { workspaceId } = owner;
  const email = `guest-${++counter}@harbor.test`;
  const [member] = await app.t.db.insert(users).values({ email }).returning();
  const userId = member?.id ?? '';
  await app.t.db.insert(memberships).values({ workspaceId, userId, role: 'member' });
  const invited = `invited-${++counter % 100}@harbor.test`;
  const invitation = await inviteMember(owner.ctx, { workspaceId, email: invited });
  return { memberId: userId, invitationId: invitation.id };
}

/** On a number and an agent of their own, because those that a campaign lives on cannot be deleted. */
async function makeCampaigns(app: TestApp, owner: Caller): Promise<Partial<Things>> {
  const agent = await newAgent(owner.ctx);
  const number = await newLine(app.t, owner.ctx, agent.id, uniqueNumber());
  const fields = { name: 'Reminders', agentId: agent.id, fromNumbers: [number.e164] };
  const campaign = await createCampaign(owner.ctx, fields);
  const batch = await createCampaign(owner.ctx, { ...fields, kind: 'batch' });
  const { id: listId } = await createList(owner.ctx, { campaignId: batch.id });
  const source = (async function* () {
    yield Buffer.from('phone\n+12125550100\n');
  })();
  const list = await receiveUpload(owner.ctx, { listId, source });
  return {
    ...{ spareAgentId: agent.id, spareNumber: number.e164 },
    ...{ campaignId: campaign.id, batchId: batch.id, uploadId: list.id },
  };
}

let counter = 0;
let bought = 0;
const poolNumber = (): string => `+1415555${String(100 + (bought++ % 100)).padStart(4, '0')}`;
const uniqueNumber = (): string => `+1202556${String(1_000 + counter++).slice(-4)}`;

/** A request that fits, for each protected route. */
export const requests: Record<string, SampleRequest> = {
  logOut: () => ({ path: '/auth/logout' }),
  getMe: () => ({ path: '/auth/me' }),
  createWorkspace: () => ({ path: '/workspaces', body: { name: 'Pier' } }),
  listWorkspaces: () => ({ path: '/workspaces' }),
  switchWorkspace: (w) => ({ path: '/workspaces/switch', body: { workspace_id: w.workspaceId } }),
  getWorkspace: (w) => ({ path: `/workspaces/${w.workspaceId}` }),
  listApiKeys: (w) => ({ path: `/workspaces/${w.workspaceId}/api-keys` }),
  createApiKey: (w) => ({
    path: `/workspaces/${w.workspaceId}/api-keys`,
    body: { name: 'k', role: 'member' },
  }),
  revokeApiKey: (w) => ({ path: `/workspaces/${w.workspaceId}/api-keys/${w.keyId}` }),
  listAgents: () => ({ path: '/agents' }),
  createAgent: () => ({ path: '/agents', body: { agent_name: 'Night desk' } }),
  getAgent: (w) => ({ path: `/agents/${w.agentId}` }),
  updateAgent: (w) => ({ path: `/agents/${w.agentId}`, body: { temperature: 0.1 } }),
  deleteAgent: (w) => ({ path: `/agents/${w.agentId}` }),
  getAgentUsage: (w) => ({ path: `/agents/${w.agentId}/usage` }),
  uploadKnowledge: (w) => ({ path: `/agents/${w.agentId}/upload`, body: oneFile() }),
  listKnowledge: (w) => ({ path: `/agents/${w.agentId}/files` }),
  deleteKnowledge: (w) => ({ path: `/agents/${w.agentId}/files/menu.txt` }),
  queryKnowledge: (w) => ({ path: `/agents/${w.agentId}/query`, body: { query: 'breakfast' } }),
  listAgentVersions: (w) => ({ path: `/agents/${w.agentId}/versions` }),
  getAgentVersion: (w) => ({ path: `/agents/${w.agentId}/versions/1` }),
  getAgentDraft: (w) => ({ path: `/agents/${w.agentId}/draft` }),
  saveAgentDraft: (w) => ({ path: `/agents/${w.agentId}/draft`, body: { temperature: 0.1 } }),
  discardAgentDraft: (w) => ({ path: `/agents/${w.agentId}/draft` }),
  keepAgentDraft: (w) => ({ path: `/agents/${w.agentId}/versions`, body: {} }),
  publishAgent: (w) => ({ path: `/agents/${w.agentId}/publish`, body: {} }),
  rollBackAgent: (w) => ({ path: `/agents/${w.agentId}/rollback`, body: { version: 1 } }),
  getAgentTraffic: (w) => ({ path: `/agents/${w.agentId}/traffic` }),
  setAgentTraffic: (w) => ({ path: `/agents/${w.agentId}/traffic`, body: { version: null } }),
  checkAgent: (w) => ({ path: `/agents/${w.agentId}/check` }),
  chat: (w) => ({ path: '/chats', body: { agent_id: w.agentId, message: 'Are you open?' } }),
  listChats: () => ({ path: '/chats' }),
  getChat: (w) => ({ path: `/chats/${w.chatId}` }),
  endChat: (w) => ({ path: `/chats/${w.chatId}/end` }),
  listCallbacks: () => ({ path: '/callbacks' }),
  listTextMessages: () => ({ path: '/text-messages' }),
  listBatches: () => ({ path: '/batch' }),
  uploadBatch: (w) => ({
    path: `/batch/upload?phone_number=${encodeURIComponent(w.spareNumber)}&agent_id=${w.spareAgentId}`,
    body: csvForm('phone\n+12125550100\n'),
  }),
  getBatch: (w) => ({ path: `/batch/${w.batchId}` }),
  updateBatch: (w) => ({ path: `/batch/${w.batchId}`, body: { name: 'Recalls' } }),
  deleteBatch: (w) => ({ path: `/batch/${w.batchId}` }),
  listCampaigns: () => ({ path: '/api/v/campaign/' }),
  createCampaign: (w) => ({
    path: '/api/v/campaign/',
    body: { name: 'Recalls', agent_id: w.spareAgentId, phone_numbers: [w.spareNumber] },
  }),
  getCampaign: (w) => ({ path: `/api/v/campaign/${w.campaignId}/` }),
  replaceCampaign: (w) => ({ path: `/api/v/campaign/${w.campaignId}/`, body: { weight: 200 } }),
  updateCampaign: (w) => ({ path: `/api/v/campaign/${w.campaignId}/`, body: { status: 'running' } }),
  deleteCampaign: (w) => ({ path: `/api/v/campaign/${w.campaignId}/` }),
  uploadProspects: (w) => ({
    path: `/api/v/upload/${w.campaignId}/`,
    body: csvForm('phone\n+12125550100\n'),
  }),
  getUpload: (w) => ({ path: `/uploads/${w.uploadId}` }),
  previewUpload: (w) => ({ path: `/uploads/${w.uploadId}/preview` }),
  listUploadErrors: (w) => ({ path: `/uploads/${w.uploadId}/errors` }),
  downloadUploadErrors: (w) => ({ path: `/uploads/${w.uploadId}/errors.csv` }),
  deleteUpload: (w) => ({ path: `/uploads/${w.uploadId}` }),
  retryUpload: (w) => ({ path: `/api/v/upload/${w.uploadId}/retry/` }),
  addProspect: (w) => ({ path: `/api/v/prospect/${w.campaignId}/`, body: { phone: '+12125550101' } }),
  listCampaignOptions: () => ({ path: '/api/v/options/' }),
  listLiveCampaignCalls: () => ({ path: '/api/v/live/' }),
  deleteCampaignCache: () => ({ path: '/api/v/delete-cache/' }),
  listCredentials: () => ({ path: '/credentials' }),
  createCredential: () => ({
    path: '/credentials',
    body: { name: `key ${++counter}`, secret: { kind: 'bearer', token: 'abc' } },
  }),
  replaceCredential: (w) => ({
    path: `/credentials/${w.credentialId}`,
    body: { secret: { kind: 'bearer', token: 'abc' } },
  }),
  deleteCredential: (w) => ({ path: `/credentials/${w.credentialId}` }),
  listPhoneNumbers: () => ({ path: '/phonenumbers' }),
  registerSipTrunk: () => ({
    path: '/phonenumbers/sip_trunk',
    body: { phone_number: uniqueNumber(), sip_address: 'pbx.carrier.test' },
  }),
  mapAgent: (w) => ({
    path: '/phonenumbers/map_agent',
    body: { phone_number: w.number, agent_id: w.agentId },
  }),
  updateSip: (w) => ({ path: `/phonenumbers/update_sip/${w.number}`, body: { label: 'Front' } }),
  deleteSip: (w) => ({ path: `/phonenumbers/delete_sip/${w.number}` }),
  purchasePhoneNumber: () => ({ path: '/phonenumbers/purchase', body: { phone_number: poolNumber() } }),
  requestCapture: (w) => ({ path: `/phonenumbers/${w.number}/captures` }),
  listCaptures: (w) => ({ path: `/phonenumbers/${w.number}/captures` }),
  testPhoneNumber: (w) => ({ path: `/phonenumbers/${w.number}/test` }),
  listCarriers: () => ({ path: '/carriers' }),
  saveCarrier: () => ({ path: '/carriers/vonage', body: { api_key: 'k', api_secret: 's' } }),
  deleteCarrier: (w) => ({ path: `/carriers/${w.carrier}` }),
  searchCarrier: (w) => ({ path: `/carriers/${w.carrier}/numbers` }),
  listTrunks: () => ({ path: '/trunks' }),
  setTrunkLimits: (w) => ({
    path: `/trunks/${w.trunk}`,
    body: { calls_per_second: 2, max_channels: null },
  }),
  listDoNotCall: () => ({ path: '/do-not-call' }),
  addDoNotCall: () => ({ path: '/do-not-call', body: { phone_numbers: [uniqueNumber()] } }),
  importDoNotCall: () => ({ path: '/do-not-call/import', body: csvForm('+12125550100\n') }),
  removeDoNotCall: (w) => ({ path: `/do-not-call/${encodeURIComponent(w.listedNumber)}` }),
  listCallRegistries: () => ({ path: '/call-registries' }),
  createCallRegistry: () => ({
    path: '/call-registries',
    body: { name: `National ${++counter}`, country: 'GB' },
  }),
  getCallRegistry: (w) => ({ path: `/call-registries/${w.registryId}` }),
  changeCallRegistry: (w) => ({ path: `/call-registries/${w.registryId}`, body: { max_age_ms: 3_600_000 } }),
  importCallRegistry: (w) => ({
    path: `/call-registries/${w.registryId}/import`,
    body: csvForm('+442079460000\n'),
  }),
  deleteCallRegistry: (w) => ({ path: `/call-registries/${w.registryId}` }),
  listCalls: () => ({ path: '/calls' }),
  exportCalls: () => ({ path: '/calls/export' }),
  getCall: (w) => ({ path: `/calls/${w.callId}` }),
  placeOutboundCall: (w) => ({
    path: '/calls/outbound_call',
    body: { agent_phone_number: w.number, phone_number_to_dial: nextNumber() },
  }),
  announceCall: (w) => ({ path: '/calls/announce', body: { phone_number: w.number } }),
  analyzeCall: (w) => ({ path: `/calls/${w.finishedCallId}/analyze` }),
  endCall: (w) => ({ path: `/calls/${w.callId}/end` }),
  controlCall: (w) => ({ path: `/calls/${w.callId}/control`, body: { command_id: 'c', kind: 'mute' } }),
  superviseCall: (w) => ({ path: `/calls/${w.callId}/supervise`, body: { mode: 'listen' } }),
  streamCall: (w) => ({ path: `/calls/${w.callId}/stream` }),
  getLatencyReport: () => ({ path: '/reports/latency' }),
  getDashboard: () => ({ path: '/reports/dashboard' }),
  getCallSummary: () => ({ path: '/reports/call-summary' }),
  getDispositionSummary: () => ({ path: '/reports/disposition-summary' }),
  getRecording: (w) => ({ path: `/calls/${w.recordedCallId}/recording` }),
  updateWorkspace: (w) => ({ path: `/workspaces/${w.workspaceId}`, body: { name: 'Pier' } }),
  listMembers: (w) => ({ path: `/workspaces/${w.workspaceId}/members` }),
  changeMemberRole: (w) => ({
    path: `/workspaces/${w.workspaceId}/members/${w.memberId}`,
    body: { role: 'developer' },
  }),
  removeMember: (w) => ({ path: `/workspaces/${w.workspaceId}/members/${w.memberId}` }),
  inviteMember: (w) => ({
    path: `/workspaces/${w.workspaceId}/invite`,
    body: { email: `asked-${++counter % 100}@harbor.test` },
  }),
  listInvitations: (w) => ({ path: `/workspaces/${w.workspaceId}/invitations` }),
  revokeInvitation: (w) => ({ path: `/workspaces/${w.workspaceId}/invitations/${w.invitationId}` }),
  acceptInvitation: () => ({ path: '/workspaces/accept-invitation', body: { token: 'nobody has it' } }),
  // A call that is not over keeps the workspace alive.
  deleteWorkspace: (w) => ({
    path: `/workspaces/${w.workspaceId}?${new URLSearchParams({ call: w.callId })}`,
  }),
  listAudit: (w) => ({ path: `/workspaces/${w.workspaceId}/audit` }),
  listEmails: () => ({ path: '/emails' }),
  resendVerification: () => ({ path: '/auth/verify-email/resend' }),
  listSessions: () => ({ path: '/auth/sessions' }),
  endSession: () => ({ path: '/auth/sessions/01a20000-0000-7000-8000-000000000000' }),
  logOutEverywhere: () => ({ path: '/auth/logout-everywhere' }),
};

function oneFile(): FormData {
  const form = new FormData();
  form.append('files', new Blob(['Dinner from seven.']), 'dinner.txt');
  return form;
}
