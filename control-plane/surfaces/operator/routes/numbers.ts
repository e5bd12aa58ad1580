import { z } from 'zod';
import { carriers } from '../../../../core/carriers/index.ts';
import {
  deleteSip,
  listNumbers,
  mapAgent,
  purchaseNumber,
  registerSipTrunk,
  searchNumbers,
  testTrunk,
  updateSip,
} from '../../../../core/numbers/index.ts';
import { route } from '../../../http/route.ts';
import { presentAvailable, presentNumber } from '../presenters/number.ts';
import {
  availableOut,
  e164,
  numberOut,
  numberPurchase,
  numberSearch,
  numberWireNames,
  searchOf,
  sipTrunkCreate,
  sipTrunkUpdate,
} from '../schemas/number.ts';

const list = route({
  method: 'get',
  path: '/phonenumbers',
  operationId: 'listPhoneNumbers',
  summary: 'The phone numbers of the workspace',
  auth: 'member',
  status: 200,
  returns: z.array(numberOut),
  handle: async ({ ctx }) => (await listNumbers(ctx, {})).map(presentNumber),
});

const search = route({
  method: 'get',
  path: '/phonenumbers/search',
  operationId: 'searchPhoneNumbers',
  summary: 'Numbers that can be bought',
  description:
    'Public. `local` are the test numbers of this installation; another provider is asked with the installation’s own account. With your workspace’s account: GET /carriers/{carrier}/numbers.',
  auth: 'public',
  status: 200,
  errors: [409, 503],
  limit: { name: 'number-search', points: 30, durationMs: 60_000 },
  query: numberSearch.extend({ provider: z.enum(carriers).default('local') }),
  returns: availableOut,
  wireNames: numberWireNames,
  handle: async ({ ctx, query, koa }) => {
    koa.set('Cache-Control', 'public, max-age=30');
    const { provider } = query;
    return presentAvailable(provider, await searchNumbers(ctx, { ...searchOf(query), carrier: provider }));
  },
});

const purchase = route({
  method: 'post',
  path: '/phonenumbers/purchase',
  operationId: 'purchasePhoneNumber',
  summary: 'Buy a number and set it up; asking again for one that was bought answers it',
  description:
    '409: taken, or the carrier refuses (its words say why, for example that the account has no money). 503: the carrier did not answer; what became of it is looked up, ask again.',
  auth: 'developer',
  keyScope: 'numbers:write',
  status: 201,
  errors: [404, 409, 503],
  body: numberPurchase,
  returns: numberOut,
  wireNames: numberWireNames,
  handle: async ({ ctx, body }) =>
    presentNumber(
      await purchaseNumber(ctx, {
        phoneNumber: body.phone_number,
        carrier: body.provider,
        agentId: body.agent_id,
        label: body.label,
        krispEnabled: body.krisp_enabled,
      }),
    ),
});

const register = route({
  method: 'post',
  path: '/phonenumbers/sip_trunk',
  operationId: 'registerSipTrunk',
  summary: 'Register a number with the SIP trunk it lives on',
  auth: 'developer',
  keyScope: 'numbers:write',
  status: 201,
  errors: [404, 409],
  body: sipTrunkCreate,
  returns: numberOut,
  wireNames: numberWireNames,
  handle: async ({ ctx, body }) =>
    presentNumber(
      await registerSipTrunk(ctx, {
        ...trunkOf(body),
        phoneNumber: body.phone_number,
        sipAddress: body.sip_address,
        agentId: body.agent_id,
      }),
    ),
});

const map = route({
  method: 'put',
  path: '/phonenumbers/map_agent',
  operationId: 'mapAgent',
  summary: 'Lead a number to an agent; null leads it to none',
  auth: 'member',
  keyScope: 'numbers:write',
  status: 200,
  errors: [404],
  body: z.object({ phone_number: e164, agent_id: z.uuid().nullable() }).meta({ id: 'MapAgent' }),
  returns: numberOut,
  wireNames: numberWireNames,
  handle: async ({ ctx, body }) =>
    presentNumber(await mapAgent(ctx, { phoneNumber: body.phone_number, agentId: body.agent_id })),
});

const numberParams = z.object({ number: e164 });

const update = route({
  method: 'put',
  path: '/phonenumbers/update_sip/{number}',
  operationId: 'updateSip',
  summary: 'Change a number’s SIP trunk; what is left out stays',
  auth: 'developer',
  keyScope: 'numbers:write',
  status: 200,
  params: numberParams,
  body: sipTrunkUpdate,
  returns: numberOut,
  wireNames: numberWireNames,
  handle: async ({ ctx, params, body }) =>
    presentNumber(
      await updateSip(ctx, { ...trunkOf(body), phoneNumber: params.number, sipAddress: body.sip_address }),
    ),
});

const test = route({
  method: 'post',
  path: '/phonenumbers/{number}/test',
  operationId: 'testPhoneNumber',
  summary: 'Ask the number’s SIP server whether it is there (OPTIONS), and say what it answered',
  auth: 'developer',
  status: 200,
  limit: { name: 'trunk-test', points: 30, durationMs: 60_000 },
  params: numberParams,
  returns: z
    .object({
      outcome: z.enum(['answered', 'refused', 'silent']),
      sip_status: z.number().int().nullable(),
      took_ms: z.number().int(),
      detail: z.string(),
    })
    .meta({ id: 'TrunkTest' }),
  handle: async ({ ctx, params }) => {
    const { answer } = await testTrunk(ctx, { phoneNumber: params.number });
    const { outcome, status, tookMs, detail } = answer;
    return { outcome, sip_status: status, took_ms: tookMs, detail };
  },
});

const remove = route({
  method: 'delete',
  path: '/phonenumbers/delete_sip/{number}',
  operationId: 'deleteSip',
  summary: 'Take a number and its SIP trunk out; one that was bought goes back to its carrier',
  auth: 'developer',
  status: 204,
  errors: [409],
  params: numberParams,
  handle: async ({ ctx, params }) => {
    await deleteSip(ctx, { phoneNumber: params.number });
    return undefined;
  },
});

const trunkOf = (body: z.output<typeof sipTrunkUpdate>) => ({
  email: body.email,
  provider: body.provider,
  authUsername: body.auth_username,
  authPassword: body.auth_password,
  krispEnabled: body.krisp_enabled,
  label: body.label,
  transport: body.transport,
  allowedAddresses: body.allowed_addresses,
});

export const numberRoutes = [list, search, purchase, register, map, update, test, remove];
