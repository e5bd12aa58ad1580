import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newAgent } from '../../factories/lines.ts';
import { type TestApp, testApp } from '../../harness/app.ts';
import { type Caller, signUp } from './crew.ts';

let app: TestApp;
let ada: Caller;
beforeAll(async () => {
  app = await testApp();
  ada = await signUp(app);
});
afterAll(() => app[Symbol.asyncDispose]());

const send = (method: string, path: string, body?: unknown) =>
  app.call(method, path, { headers: ada.headers, ...(body === undefined ? {} : { body }) });
const fieldsOf = (body: { errors: { field: string }[] }): string[] =>
  body.errors.map(({ field }) => field).sort();

/** The example of document 002, with another number. */
const example = {
  sip_address: 'sip.example.com',
  phone_number: '+16505551234',
  email: 'ops@example.com',
  provider: 'vonage',
  auth_username: 'user',
  auth_password: 'pass',
  krisp_enabled: true,
  label: 'Main Line',
};

describe('a SIP trunk', () => {
  it('is registered, listed, changed and deleted; its password is never shown', async () => {
    const made = await send('POST', '/phonenumbers/sip_trunk', example);
    expect(made.status).toBe(201);
    const { auth_password: _, ...shown } = example;
    expect(made.body).toMatchObject({ ...shown, has_auth_password: true, sync_state: 'pending' });
    expect(Object.keys(made.body)).not.toContain('auth_password');

    const changed = await send('PUT', '/phonenumbers/update_sip/+16505551234', {
      label: 'Second',
      auth_password: '',
    });
    expect(changed.body).toMatchObject({ label: 'Second', provider: 'vonage', has_auth_password: false });
    expect((await send('PUT', '/phonenumbers/update_sip/%2B16505551234', {})).status).toBe(200);

    const list = await send('GET', '/phonenumbers');
    expect(list.body.map((one: { phone_number: string }) => one.phone_number)).toContain('+16505551234');
    expect((await send('DELETE', '/phonenumbers/delete_sip/+16505551234')).status).toBe(204);
    expect((await send('DELETE', '/phonenumbers/delete_sip/+16505551234')).status).toBe(404);
  });

  it('is answered with 409 when the number is registered already, in whichever workspace', async () => {
    const body = { ...example, phone_number: '+16505551240' };
    await send('POST', '/phonenumbers/sip_trunk', body);
    expect((await send('POST', '/phonenumbers/sip_trunk', body)).status).toBe(409);
    const other = await signUp(app);
    const answer = await app.call('POST', '/phonenumbers/sip_trunk', { headers: other.headers, body });
    expect([answer.status, fieldsOf(answer.body)]).toEqual([409, ['phone_number']]);
  });

  it('is answered with 404 for an agent that is not of the workspace, and calls nobody before it is set up', async () => {
    const body = { ...example, phone_number: '+16505551242' };
    const agent_id = (await newAgent((await signUp(app)).ctx)).id;
    expect((await send('POST', '/phonenumbers/sip_trunk', { ...body, agent_id })).status).toBe(404);
    const own = { ...body, agent_id: (await newAgent(ada.ctx)).id };
    expect((await send('POST', '/phonenumbers/sip_trunk', own)).status).toBe(201);
    const call = await send('POST', '/calls/outbound_call', {
      ...{ agent_phone_number: '+16505551242', phone_number_to_dial: '+14155552671' },
    });
    expect([call.status, fieldsOf(call.body)]).toEqual([409, ['agent_phone_number']]);
  });

  it('is answered with every field that does not fit', async () => {
    const answer = await send('POST', '/phonenumbers/sip_trunk', {
      phone_number: '12',
      sip_address: 'not a host!',
      krisp_enabled: 'yes',
      transport: 'pigeon',
      allowed_addresses: ['10.0.0.0/99'],
    });
    expect(answer.status).toBe(400);
    expect(fieldsOf(answer.body)).toEqual([
      'allowed_addresses.0',
      'krisp_enabled',
      'phone_number',
      'sip_address',
      'transport',
    ]);
    const lonely = await send('POST', '/phonenumbers/sip_trunk', {
      phone_number: '+16505551241',
      sip_address: 'sip.example.com',
      auth_password: 'without a user',
    });
    expect([lonely.status, fieldsOf(lonely.body)]).toEqual([400, ['auth_username']]);
  });

  it('is not found under a number that is none', async () => {
    expect((await send('PUT', '/phonenumbers/update_sip/banana', { label: 'x' })).status).toBe(404);
    expect((await send('DELETE', '/phonenumbers/delete_sip/+16505550001')).status).toBe(404);
  });
});

describe('mapping', () => {
  it('leads a number to an agent, and to none', async () => {
    const agent = await newAgent(ada.ctx);
    await send('POST', '/phonenumbers/sip_trunk', { ...example, phone_number: '+16505551250' });
    const map = (agent_id: string | null) =>
      send('PUT', '/phonenumbers/map_agent', { phone_number: '+16505551250', agent_id });
    expect((await map(agent.id)).body.agent_id).toBe(agent.id);
    expect((await send('GET', `/agents/${agent.id}`)).body.phone_number).toBe('+16505551250');
    expect((await map(null)).body.agent_id).toBeNull();
    expect((await map(ada.workspaceId)).status).toBe(404);
    const bad = await send('PUT', '/phonenumbers/map_agent', { phone_number: '+16505551250', agent_id: 'x' });
    expect([bad.status, fieldsOf(bad.body)]).toEqual([400, ['agent_id']]);
  });
});
