import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importList } from '../../../core/contacts/index.ts';
import { attempts } from '../../../db/schema/attempts.ts';
import { contactLists } from '../../../db/schema/contact-lists.ts';
import { contacts } from '../../../db/schema/contacts.ts';
import { callableNumber, uncallableNumber } from '../../factories/callable.ts';
import { csvForm } from '../../factories/csv.ts';
import { addPerson, dialer, host } from '../../factories/dialer.ts';
import { newAgent, newLine } from '../../factories/lines.ts';
import { announceBody } from '../../harness/announce-body.ts';
import { type TestApp, testApp } from '../../harness/app.ts';
import { type Caller, signUp } from './crew.ts';

let app: TestApp;
let ada: Caller;
let eve: Caller;
let agentId: string;
let line: string;

beforeAll(async () => {
  app = await testApp();
  ada = await signUp(app);
  eve = await signUp(app, 'Eve');
  agentId = (await newAgent(ada.ctx)).id;
  line = (await newLine(app.t, ada.ctx, agentId, '+12025550171')).e164;
});
afterAll(() => app[Symbol.asyncDispose]());

const send = (method: string, path: string, body?: unknown, who: Caller = ada) =>
  app.call(method, path, { headers: who.headers, ...(body === undefined ? {} : { body }) });
const post = async (path: string, form: FormData, who: Caller = ada) => {
  const response = await fetch(app.url + path, { method: 'POST', headers: who.headers, body: form });
  return { status: response.status, body: await response.json() };
};

const allDay = Object.fromEntries(
  ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'].map((day) => [
    day,
    [{ from: '00:00', to: '24:00' }],
  ]),
);
const made = async (fields: object = {}) =>
  (
    await send('POST', '/api/v/campaign/', {
      ...{ name: 'Spring check-up', agent_id: agentId, phone_numbers: [line], rules: { windows: allDay } },
      ...fields,
    })
  ).body;

describe('/api/v/campaign/', () => {
  it('makes a campaign, gives it a slug, and answers all that it is', async () => {
    const answer = await send('POST', '/api/v/campaign/', {
      ...{ name: 'Zahnärzte & Co', agent_id: agentId, phone_numbers: [line], weight: 300 },
      ...{ start_at: '2099-03-01T09:00:00Z', rules: { caps: { per_day: 1 } } },
      retries: { max_attempts: 2, no_answer: { most: 1, delay_ms: 60_000 } },
    });
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({
      ...{
        status: 'draft',
        weight: 300,
        machine_policy: 'agent',
        start_at: '2099-03-01T09:00:00.000Z',
        phone_numbers: [line],
      },
      rules: { purpose: 'marketing', caps: { per_day: 1, per_week: null, total: null } },
      retries: { max_attempts: 2, no_answer: { most: 1, delay_ms: 60_000, other_hour: true } },
    });
    expect(answer.body.slug).toMatch(/^zahnarzte-co-[a-z0-9]{6}$/);
    expect((await send('GET', `/api/v/campaign/${answer.body.slug}/`)).body).toEqual(answer.body);
    expect((await send('GET', `/api/v/campaign/${answer.body.slug}`)).status).toBe(200);
  });

  it('says what a machine gets, and names the fields of a change that does not fit as they were sent', async () => {
    const { slug, ...campaign } = await made({ machine_policy: 'hang_up' });
    expect(campaign.machine_policy).toBe('hang_up');
    const change = (fields: object) => send('PATCH', `/api/v/campaign/${slug}/`, fields);
    expect((await change({ machine_policy: 'talk' })).body.machine_policy).toBe('talk');
    const refused = await change({ machine_policy: 'leave_message', budget_micros: 5_000_000 });
    expect(refused.status).toBe(400);
    expect(Object.keys(refused.body).sort()).toEqual(['detail', 'machine_policy', 'minute_price_micros']);
    expect((await change({ phone_numbers: [] })).body).toHaveProperty('phone_numbers');
    expect((await send('DELETE', `/api/v/campaign/${slug}/`)).status).toBe(204);
  });

  it('refuses a slug that is taken with 409, wherever it is taken', async () => {
    await made({ slug: 'spring-2099' });
    const again = await send('POST', '/api/v/campaign/', {
      ...{ name: 'x', agent_id: agentId, phone_numbers: [line], slug: 'spring-2099' },
    });
    expect([again.status, again.body.slug]).toEqual([409, ['taken']]);
    const agent = await newAgent(eve.ctx);
    const theirs = await newLine(app.t, eve.ctx, agent.id, '+12025550172');
    const foreign = await send(
      'POST',
      '/api/v/campaign/',
      { name: 'x', agent_id: agent.id, phone_numbers: [theirs.e164], slug: 'spring-2099' },
      eve,
    );
    expect(foreign.status).toBe(409);
  });

  it.each([
    ['phone_numbers', { phone_numbers: [] }],
    ['phone_numbers.0', { phone_numbers: ['+12025550999'] }],
    ['agent_id', { agent_id: '01a20000-0000-7000-8000-000000000000' }],
    ['rules.windows', { rules: { windows: {} } }],
    ['rules.windows', { rules: { windows: { monday: [{ from: '02:00', to: '04:00' }] } } }],
    ['end_at', { start_at: '2099-03-02', end_at: '2099-03-01T00:00:00Z' }],
    ['end_at', { end_at: '2001-01-01' }],
    ['minute_price_micros', { budget_micros: 5_000_000 }],
    ['rules.packs.0', { rules: { packs: ['atlantis'] } }],
    ['rules', { rules: { consent: true } }],
    ['rules.caps', { rules: { caps: { perDay: 1 } } }],
    ['retries', { retries: { maxAttempts: 1 } }],
    ['retries.busy', { retries: { busy: { delay: 60_000 } } }],
    ['slug', { slug: 'Not a slug!' }],
    ['machine_policy', { machine_policy: 'leave_message' }],
  ])('says 400 and names %s', async (field, fields) => {
    const answer = await send('POST', '/api/v/campaign/', {
      ...{ name: 'x', agent_id: agentId, phone_numbers: [line], rules: { windows: allDay } },
      ...fields,
    });
    expect(answer.status).toBe(400);
    expect(answer.body).toHaveProperty([field]);
    expect(answer.body.detail).toEqual(expect.any(String));
  });

  it.each(['constructor', '__proto__', 'toString'])(
    'says 400 also of a field that is called %s',
    async (name) => {
      const headers = { ...ada.headers, 'content-type': 'application/json' };
      const body = `{"${name}": "\\u0000"}`;
      const answer = await fetch(`${app.url}/api/v/campaign/`, { method: 'POST', headers, body });
      expect(answer.status).toBe(400);
      expect(await answer.text()).toContain(`"${name}":["contains a NUL or a broken character"]`);
    },
  );

  it('lists in pages, by e-mail and workspace, and shows nothing to others', async () => {
    await made();
    const page = await send('GET', '/api/v/campaign/?page_size=1');
    expect(page.body).toMatchObject({ previous: null, results: [{ workspace_id: ada.workspaceId }] });
    expect(page.body.count).toBeGreaterThan(1);
    expect(page.body.next).toContain('page=2');
    const mine = await send('GET', `/api/v/campaign/?email=${ada.email}&workspace=${ada.workspaceId}`);
    expect(mine.body.count).toBe(page.body.count);
    expect((await send('GET', '/api/v/campaign/?email=nobody@harbor.test')).body.count).toBe(0);
    expect((await send('GET', `/api/v/campaign/?workspace=${eve.workspaceId}`)).body.count).toBe(0);
    const slug = page.body.results[0].slug;
    for (const method of ['GET', 'DELETE'])
      expect((await send(method, `/api/v/campaign/${slug}/`, undefined, eve)).status).toBe(404);
    expect((await send('PATCH', `/api/v/campaign/${slug}/`, { name: 'mine' }, eve)).status).toBe(404);
    expect((await app.call('GET', '/api/v/campaign/')).status).toBe(401);
  });

  it('is started, paused, changed while it runs, resumed, stopped; what cannot be is 409', async () => {
    const { slug } = await made();
    const to = (status: string) => send('PATCH', `/api/v/campaign/${slug}/`, { status });
    expect((await to('paused')).status).toBe(409);
    expect((await to('running')).body.status).toBe('running');
    expect((await send('DELETE', `/api/v/campaign/${slug}/`)).status).toBe(409);
    const changed = await send('PUT', `/api/v/campaign/${slug}/`, { max_concurrency: 3 });
    expect(changed.body).toMatchObject({ max_concurrency: 3, version: 2, status: 'running' });
    expect((await to('paused')).body.status).toBe('paused');
    expect((await to('running')).body.status).toBe('running');
    expect((await to('stopped')).body.status).toBe('stopped');
    expect((await to('running')).status).toBe(409);
    for (const method of ['PATCH', 'PUT'])
      expect((await send(method, `/api/v/campaign/${slug}/`, { name: 'late' })).status).toBe(409);
    expect((await send('DELETE', `/api/v/campaign/${slug}/`)).status).toBe(204);
    expect((await send('GET', `/api/v/campaign/${slug}/`)).status).toBe(404);
  });

  it('changes all that one request asks for, or nothing', async () => {
    const { slug, name } = await made();
    const both = (body: object) => send('PATCH', `/api/v/campaign/${slug}/`, body);
    expect((await both({ name: 'Renamed', status: 'paused' })).status).toBe(409);
    expect((await send('GET', `/api/v/campaign/${slug}/`)).body).toMatchObject({ name, version: 1 });
    const begun = await both({ name: 'Renamed', status: 'running' });
    expect(begun.body).toMatchObject({ name: 'Renamed', status: 'running', version: 2 });
    const halted = await both({ live_calls: 'drop', status: 'paused' });
    expect(halted.body).toMatchObject({ live_calls: 'drop', status: 'paused' });
    expect((await both({ weight: 7, status: 'archived' })).status).toBe(409);
    expect((await both({ weight: 7, status: 'running' })).body).toMatchObject({
      weight: 7,
      status: 'running',
    });
  });

  it('with its start ahead is scheduled; agents and numbers in use cannot be deleted, and it is said by whom', async () => {
    const { slug, name } = await made({ start_at: '2099-01-01T00:00:00Z', name: 'New year' });
    const started = await send('PATCH', `/api/v/campaign/${slug}/`, { status: 'running' });
    expect(started.body.status).toBe('scheduled');
    for (const path of [`/agents/${agentId}`, `/phonenumbers/delete_sip/${encodeURIComponent(line)}`]) {
      const refused = await send('DELETE', path);
      expect([refused.status, refused.body.detail]).toEqual([409, expect.stringContaining(name)]);
    }
  });
});

describe('the status of a campaign', () => {
  it('is there for whoever knows the slug, with what holds it back', async () => {
    const { slug, id } = await made();
    await send('PATCH', `/api/v/campaign/${slug}/`, { status: 'running' });
    app.t.ports.workerHosts = [host(10)];
    await addPerson(app.t, { id, workspaceId: ada.workspaceId, version: 1 }, callableNumber(1));
    const due = new Date(Date.now() + 3_600_000);
    await addPerson(app.t, { id, workspaceId: ada.workspaceId, version: 1 }, callableNumber(2), {
      nextAttemptAt: due,
    });
    await dialer(app.t).look();
    const answer = await app.call('GET', `/api/v/campaign/${slug}/status/`);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      ...{ status: 'running', bottleneck: 'retries', abandon: { share: 0, state: 'ok' } },
      contacts: { total: 2, waiting: 1, reserved: 1 },
      live: { queued: 1 },
      attempts_per_minute: 1,
      estimated_end_at: due.toISOString(),
    });
    expect(JSON.stringify(answer.body)).not.toContain(callableNumber(1));
    expect((await app.call('GET', '/api/v/campaign/nobody-knows/status/')).status).toBe(404);
    const live = await send('GET', `/api/v/live/?slug=${slug}`);
    expect(live.body).toMatchObject({
      count: 1,
      results: [{ campaign: slug, phone: callableNumber(1), from_number: line, status: 'queued' }],
    });
    expect((await send('GET', '/api/v/live/', undefined, eve)).body.count).toBe(0);
  });

  it('tells at night when it will be done, at the speed that it had by day', async () => {
    const { slug, id } = await made();
    const campaign = { id, workspaceId: ada.workspaceId, version: 1 };
    await send('PATCH', `/api/v/campaign/${slug}/`, { status: 'running' });
    app.t.ports.workerHosts = [host(10)];
    const status = async () => (await app.call('GET', `/api/v/campaign/${slug}/status/`)).body;
    expect((await status()).estimated_end_at).toBeNull();
    await addPerson(app.t, campaign, callableNumber(61));
    await dialer(app.t).look();
    await app.t.db
      .update(attempts)
      .set({ ...{ state: 'ended', dialedAt: new Date() }, createdAt: new Date(Date.now() - 3_600_000) })
      .where(eq(attempts.campaignId, id));
    await app.t.db
      .update(contacts)
      .set({ state: 'done', reservedAt: null })
      .where(eq(contacts.campaignId, id));
    await addPerson(app.t, campaign, uncallableNumber(62));
    await dialer(app.t).look();
    const asleep = await status();
    expect(asleep).toMatchObject({ bottleneck: 'windows', attempts_per_minute: 0 });
    expect(Date.parse(asleep.estimated_end_at)).toBeGreaterThan(Date.now() + 3_600_000);
  });
});

describe('/api/v/upload/', () => {
  it('takes a list, imports it, and its people are there', async () => {
    const { slug, id } = await made();
    const text = `Phone,First name,Consent\n${callableNumber(20)},Ada,written\n${callableNumber(21)},Bob,yes\nnonsense,Eve,yes\n`;
    const answer = await post(`/api/v/upload/${slug}/`, csvForm(text));
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({
      campaign_id: id,
      state: 'queued',
      columns: ['Phone', 'First name', 'Consent'],
    });
    await importList(app.t.system(), { listId: answer.body.id, run: 1 });
    const { body } = await app.call('GET', `/api/v/campaign/${slug}/status/`);
    expect(body.contacts.total).toBe(2);
    expect((await post(`/api/v/upload/${slug}/`, csvForm(text), eve)).status).toBe(404);
    // It is in: there is nothing to go on with.
    expect((await send('POST', `/api/v/upload/${answer.body.id}/retry/`)).status).toBe(409);
  });

  it('asks for a mapping where no column is clearly the number, and goes on with it', async () => {
    const { slug } = await made();
    const answer = await post(`/api/v/upload/${slug}/`, csvForm(`who,where\nAda,${''}\n`));
    expect([answer.status, answer.body.state]).toEqual([201, 'received']);
    const retry = `/api/v/upload/${answer.body.id}/retry/`;
    const refused = await send('POST', retry);
    expect([refused.status, refused.body.mapping]).toEqual([400, [expect.stringContaining('who, where')]]);
    expect((await send('POST', retry, undefined, eve)).status).toBe(404);
    const mapping = encodeURIComponent(JSON.stringify({ phone: 'where' }));
    expect((await send('POST', `${retry}?mapping=${mapping}`)).body.state).toBe('queued');
    expect((await send('POST', `${retry}?mapping=nonsense`)).status).toBe(400);
  });

  it('refuses a mapping with what no text may hold, also where JSON spells it out', async () => {
    const { slug } = await made();
    for (const escaped of ['\\u0000', '\\ud800']) {
      const mapping = encodeURIComponent(`{"phone":"phone","ignore":["${escaped}"]}`);
      const form = csvForm(`phone\n${callableNumber(40)}\n`);
      const answer = await post(`/api/v/upload/${slug}/?mapping=${mapping}`, form);
      expect([answer.status, answer.body.mapping]).toEqual([400, [expect.stringContaining('ignore.0')]]);
    }
  });

  it('says 400 to what is no table, 415 to what is no file, 409 to an archived campaign', async () => {
    const { slug } = await made();
    const binary = await post(`/api/v/upload/${slug}/`, csvForm(new Uint8Array([0, 1, 2, 0, 255, 0, 3])));
    expect([binary.status, binary.body.detail]).toEqual([400, expect.stringMatching(/\w+ \w+/)]);
    expect((await send('POST', `/api/v/upload/${slug}/`, { file: 'x' })).status).toBe(415);
    await send('PATCH', `/api/v/campaign/${slug}/`, { status: 'archived' });
    expect((await post(`/api/v/upload/${slug}/`, csvForm('phone\n+12125550100\n'))).status).toBe(409);
  });

  it('goes on with a connection that broke, from the byte where it broke', async () => {
    const { slug } = await made();
    const text = `phone\n${callableNumber(30)}\n${callableNumber(31)}\n`;
    const answer = await post(`/api/v/upload/${slug}/`, csvForm(text));
    // As if the connection had broken before the import.
    await app.t.db
      .update(contactLists)
      .set({ state: 'broken', mapping: null })
      .where(eq(contactLists.id, answer.body.id));
    const path = `/api/v/upload/${answer.body.id}/retry/`;
    expect((await post(`${path}?offset=3`, csvForm(`${callableNumber(32)}\n`))).status).toBe(409);
    expect((await send('POST', path, { file: 'x' })).status).toBe(415);
    const multipart = { ...ada.headers, 'content-type': 'multipart/form-data; boundary=b' };
    expect(await announceBody(app.url + path, 'POST', multipart, 2 ** 32)).toBe(413);
    const rest = await post(`${path}?offset=${text.length}`, csvForm(`${callableNumber(32)}\n`));
    expect([rest.status, rest.body.received_bytes]).toEqual([
      200,
      text.length + callableNumber(32).length + 1,
    ]);
  });
});

describe('the desk', () => {
  it('adds one person; twice is 409, no number is 400', async () => {
    const { id } = await made();
    const person = { phone: callableNumber(40), consent: 'written', variables: { name: 'Ada', age: 36 } };
    const answer = await send('POST', `/api/v/prospect/${id}/`, person);
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({ state: 'waiting', variables: { name: 'Ada', age: '36' } });
    expect((await send('POST', `/api/v/prospect/${id}/`, person)).status).toBe(409);
    const wrong = await send('POST', `/api/v/prospect/${id}/`, { phone: '12' });
    expect([wrong.status, wrong.body.phone]).toEqual([400, [expect.any(String)]]);
    expect((await send('POST', `/api/v/prospect/${id}/`, person, eve)).status).toBe(404);
    expect((await send('POST', '/api/v/prospect/nobody/', person)).status).toBe(404);
  });

  it('adds somebody who has asked for a call before the others, and no call-back of another century', async () => {
    const { id } = await made();
    const add = (n: number, more: object) =>
      send('POST', `/api/v/prospect/${id}/`, { phone: callableNumber(n), consent: 'written', ...more });
    const asked = new Date(Date.now() + 86_400_000).toISOString();
    expect((await add(50, { call_back_at: asked })).body).toMatchObject({
      priority: 9,
      next_attempt_at: asked,
    });
    expect((await add(51, { call_back_at: asked, priority: 2 })).body).toMatchObject({ priority: 2 });
    expect((await add(52, {})).body).toMatchObject({ priority: 5 });
    const refused = await add(53, { call_back_at: '2999-01-01T00:00:00Z' });
    expect([refused.status, refused.body.call_back_at]).toEqual([
      400,
      ['a call-back is at most a year ahead'],
    ]);
    const nothing = await add(54, { variables: { name: null } });
    expect(nothing.body['variables.name']).toEqual(['must be a text or a number or true or false']);
  });

  it('says what the fields may be, makes the sums anew, and takes events without believing them', async () => {
    const options = await send('GET', '/api/v/options/');
    expect(options.body).toMatchObject({
      phone_numbers: [{ phone_number: line, ready: true }],
      rule_packs: expect.arrayContaining([{ id: 'us', name: expect.any(String) }]),
    });
    const { slug } = await made();
    const cleared = await send('DELETE', '/api/v/delete-cache/');
    expect([cleared.status, cleared.body.campaigns > 0]).toEqual([200, true]);
    const event = (campaign: string) =>
      app.call('POST', '/api/v/webhook/', { body: { event: 'campaign.stopped', campaign } });
    expect((await event(slug)).body).toEqual({ received: true, campaign: slug, status: 'draft' });
    expect((await event('nobody-knows')).status).toBe(404);
    expect((await app.call('POST', '/api/v/webhook/', { body: {} })).status).toBe(400);
    expect((await app.call('GET', '/api/v/nothing/')).body).toEqual({ detail: expect.any(String) });
  });
});
