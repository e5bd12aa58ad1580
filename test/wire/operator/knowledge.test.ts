import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listFiles } from '../../../core/knowledge/index.ts';
import { docx, index, pdf, teach } from '../../factories/knowledge.ts';
import { newAgent } from '../../factories/lines.ts';
import { announceBody } from '../../harness/announce-body.ts';
import { internalToken, type TestApp, testApp } from '../../harness/app.ts';
import { type Caller, join, signUp } from './crew.ts';

let app: TestApp;
let ada: Caller;
beforeAll(async () => {
  app = await testApp();
  ada = await signUp(app);
});
afterAll(() => app[Symbol.asyncDispose]());

const newHotel = async () => (await newAgent(ada.ctx)).id;
const send = (method: string, path: string, body?: unknown, who: Caller = ada) =>
  app.call(method, path, { headers: who.headers, ...(body === undefined ? {} : { body }) });

/** A multipart upload as a browser sends it. */
async function upload(agentId: string, files: [string, string | Uint8Array][], headers = ada.headers) {
  const form = new FormData();
  form.append('note', 'fields beside the files do not matter');
  for (const [name, content] of files) form.append('files', new Blob([content as BlobPart]), name);
  const response = await fetch(`${app.url}/agents/${agentId}/upload`, {
    method: 'POST',
    headers,
    body: form,
  });
  // biome-ignore lint/suspicious/noExplicitAny: an answer of any form
  return { status: response.status, body: (await response.json()) as any };
}

const stored = () => app.t.ports.blobBytes.size;

describe('POST /agents/{id}/upload', () => {
  it('takes files of every kind and queues them', async () => {
    const agentId = await newHotel();
    const answer = await upload(agentId, [
      ['Preise 2026 – Übersicht.csv', 'room,price\nSuite,240'],
      ['rules.pdf', pdf([['No smoking.']])],
      ['staff.docx', docx(['Rosa works at the desk.'])],
    ]);
    expect(answer.status).toBe(201);
    expect(answer.body.rejected).toEqual([]);
    expect(answer.body.files).toMatchObject([
      { filename: 'Preise 2026 – Übersicht.csv', type: 'csv', size_bytes: 20, status: 'queued', revision: 1 },
      { filename: 'rules.pdf', type: 'pdf', error: null, passages: 0, indexed_at: null },
      { filename: 'staff.docx', type: 'docx' },
    ]);
  });

  it('takes the good files of an upload and says what is wrong with the others', async () => {
    const agentId = await newHotel();
    const before = stored();
    const answer = await upload(agentId, [
      ['good.txt', 'Breakfast from six.'],
      ['empty.txt', ''],
      ['fake.pdf', 'no PDF'],
      ['huge.txt', Buffer.alloc(20 * 1024 * 1024 + 1, 'a')],
      ['also-good.md', '# Hello'],
    ]);
    expect(answer.status).toBe(201);
    expect(answer.body.files.map((file: { filename: string }) => file.filename)).toEqual([
      'good.txt',
      'also-good.md',
    ]);
    expect(answer.body.rejected).toEqual([
      { filename: 'empty.txt', reason: 'the file is empty' },
      { filename: 'fake.pdf', reason: 'named .pdf, but its content is not a PDF' },
      { filename: 'huge.txt', reason: 'larger than 20 MB' },
    ]);
    expect(stored()).toBe(before + 2);
  });

  it('answers 400 when nothing fits, 413 when everything is too large, with the reason of each file', async () => {
    const agentId = await newHotel();
    const before = stored();
    const bad = await upload(agentId, [
      ['empty.txt', ''],
      ['tool.exe', 'MZ'],
    ]);
    expect(bad.status).toBe(400);
    expect(bad.body).toEqual({
      detail: 'None of the files was taken.',
      errors: [
        { field: 'empty.txt', message: 'the file is empty' },
        { field: 'tool.exe', message: expect.stringMatching(/\.exe are not supported/) },
      ],
    });
    const huge = await upload(agentId, [['huge.txt', Buffer.alloc(21 * 1024 * 1024, 'a')]]);
    expect([huge.status, huge.body.errors]).toEqual([
      413,
      [{ field: 'huge.txt', message: 'larger than 20 MB' }],
    ]);
    const many = await upload(
      agentId,
      Array.from({ length: 11 }, (_, i) => [`${i}.txt`, 'words']),
    );
    expect([many.status, many.body.detail]).toEqual([400, 'At most 10 files at once.']);
    expect((await upload(agentId, [])).status).toBe(400);
    expect(stored()).toBe(before);
    expect((await send('GET', `/agents/${agentId}/files`)).body).toEqual([]);
  });

  it('answers 415 for anything that is not multipart, 400 for a broken body, 413 for an announced giant', async () => {
    const agentId = await newHotel();
    const path = `/agents/${agentId}/upload`;
    expect((await send('POST', path, { files: [] })).status).toBe(415);
    const raw = (body: string, headers: Record<string, string>) =>
      app.call('POST', path, { body, headers: { ...ada.headers, ...headers } });
    const multipart = { 'content-type': 'multipart/form-data; boundary=x' };
    const torn = '--x\r\ncontent-disposition: form-data; name="f"; filename="a.txt"\r\n\r\nhalf';
    const before = stored();
    expect((await raw(torn, multipart)).status).toBe(400);
    expect((await raw('garbage', multipart)).status).toBe(400);
    expect((await raw(torn, { 'content-type': 'multipart/form-data' })).status).toBe(400);
    expect(stored()).toBe(before);
    const giant = await announceBody(app.url + path, 'POST', { ...ada.headers, ...multipart }, 400_000_000);
    expect(giant).toBe(413);
  });

  it('leaves nothing behind when the sender hangs up in the middle', async () => {
    const agentId = await newHotel();
    const before = stored();
    const { blobs } = app.t.ports;
    const { put } = blobs;
    let outcome: Promise<string> | undefined;
    const begun = new Promise<void>((resolve) => {
      Object.assign(blobs, {
        put: (...args: Parameters<typeof put>) => {
          const work = put(...args);
          outcome = work.then(
            () => 'kept',
            () => 'given up',
          );
          resolve();
          return work;
        },
      });
    });
    const outgoing = request(`${app.url}/agents/${agentId}/upload`, {
      method: 'POST',
      headers: { ...ada.headers, 'content-type': 'multipart/form-data; boundary=x' },
    });
    outgoing.on('error', () => undefined);
    outgoing.write('--x\r\ncontent-disposition: form-data; name="f"; filename="a.txt"\r\n\r\nfirst part');
    await begun;
    outgoing.destroy();
    expect(await outcome).toBe('given up');
    Object.assign(blobs, { put });
    // The next request finds the server in order.
    expect((await upload(agentId, [['b.txt', 'words']])).status).toBe(201);
    expect(stored()).toBe(before + 1);
  });

  it('asks who it is and which agent is meant before it stores a byte', async () => {
    const agentId = await newHotel();
    const member = await join(app, ada.workspaceId, 'member');
    const before = stored();
    expect((await upload(agentId, [['a.txt', 'words']], member.headers)).status).toBe(403);
    expect((await upload(agentId, [['a.txt', 'words']], {})).status).toBe(401);
    const stranger = await signUp(app, 'Ben');
    expect((await upload(agentId, [['a.txt', 'words']], stranger.headers)).status).toBe(404);
    expect((await upload(ada.workspaceId, [['a.txt', 'words']])).status).toBe(404);
    expect(stored()).toBe(before);
  });

  it('replaces a file of the same name', async () => {
    const agentId = await newHotel();
    await upload(agentId, [['menu.txt', 'Soup.']]);
    const again = await upload(agentId, [['menu.txt', 'Salad.']]);
    expect(again.body.files).toMatchObject([{ filename: 'menu.txt', revision: 2 }]);
    expect((await send('GET', `/agents/${agentId}/files`)).body).toHaveLength(1);
  });
});

describe('GET and DELETE /agents/{id}/files', () => {
  it('lists how far each file is, and deletes by name, whatever characters are in it', async () => {
    const agentId = await newHotel();
    const name = 'Q&A (final) 100% ü.txt';
    await upload(agentId, [
      [name, 'The lift is out of order.'],
      ['scan.pdf', pdf([[]])],
    ]);
    for (const file of await listFiles(ada.ctx, { agentId })) await index(app.t, file);
    const listed = (await send('GET', `/agents/${agentId}/files`)).body;
    expect(listed).toMatchObject([
      { filename: name, status: 'ready', passages: 1, indexed_at: expect.any(String) },
      { filename: 'scan.pdf', status: 'failed', error: expect.stringMatching(/text recognition/) },
    ]);
    const path = `/agents/${agentId}/files/${encodeURIComponent(name)}`;
    expect((await send('DELETE', path)).status).toBe(204);
    expect((await send('DELETE', path)).status).toBe(404);
    expect((await send('DELETE', `/agents/${agentId}/files/..%2F..%2Fetc%2Fpasswd`)).status).toBe(404);
    expect((await send('GET', `/agents/${agentId}/files`)).body).toHaveLength(1);
  }, 60_000);
});

describe('POST /agents/{id}/query', () => {
  it('answers passages with file and position, best first', async () => {
    const agentId = await newHotel();
    await teach(
      app.t,
      ada.ctx,
      agentId,
      'house.md',
      '# House\n## Pets\nDogs are welcome.\n## Spa\nOpen until ten.',
    );
    const member = await join(app, ada.workspaceId, 'member');
    const answer = await send('POST', `/agents/${agentId}/query`, { query: 'can I bring my dog?' }, member);
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      query: 'can I bring my dog?',
      results: [
        {
          file: 'house.md',
          heading: 'House › Pets',
          page: null,
          passage: 'Dogs are welcome.',
          position: 0,
          score: 1,
        },
      ],
    });
    expect((await send('POST', `/agents/${agentId}/query`, { query: 'zeppelin' })).body.results).toEqual([]);
  });

  it('answers 400 for a question that is none, 404 for an agent of nobody', async () => {
    const agentId = await newHotel();
    const ask = (body: unknown) => send('POST', `/agents/${agentId}/query`, body);
    expect((await ask({ query: '   ' })).body.errors).toMatchObject([{ field: 'query' }]);
    expect((await ask({ query: 'a'.repeat(2_001) })).status).toBe(400);
    expect((await ask({ query: 'a', limit: 21 })).body.errors).toMatchObject([{ field: 'limit' }]);
    expect((await ask({})).status).toBe(400);
    expect((await send('POST', `/agents/${ada.workspaceId}/query`, { query: 'a' })).status).toBe(404);
  });
});

describe('POST /internal/knowledge/query', () => {
  it('answers workers only', async () => {
    const agentId = await newHotel();
    await teach(app.t, ada.ctx, agentId, 'pool.txt', 'The pool is open until ten.');
    const ask = (headers: Record<string, string>, body: unknown = { agentId, question: 'uh, the pool?' }) =>
      app.call('POST', '/internal/knowledge/query', { headers, body });
    const worker = { authorization: `Bearer ${internalToken}` };
    expect((await ask(worker)).body).toMatchObject({ passages: [{ file: 'pool.txt', position: 0 }] });
    expect((await ask(worker, { agentId, question: '' })).body).toEqual({ passages: [] });
    expect((await ask(ada.headers)).status).toBe(401);
    expect((await ask({})).status).toBe(401);
  });
});
