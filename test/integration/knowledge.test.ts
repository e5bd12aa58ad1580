import { randomBytes } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { describe, expect, test, vi } from 'vitest';
import { deleteAgent } from '../../core/agents/index.ts';
import { getCallPlan, startWebCall } from '../../core/calls/index.ts';
import {
  addFiles,
  deleteFile,
  failIndexing,
  knowledgeLimits,
  listUnfinished,
  stageFile,
} from '../../core/knowledge/index.ts';
import { knowledgeChunks } from '../../db/schema/knowledge-chunks.ts';
import { knowledgeFiles } from '../../db/schema/knowledge-files.ts';
import { knowledgeWords } from '../../db/schema/knowledge-words.ts';
import { outbox } from '../../db/schema/outbox.ts';
import { chunksOf, docx, giveFile, handbook, hotel, index, pdf, zip } from '../factories/knowledge.ts';
import { type TestContext, testContext } from '../harness/context.ts';

/** Each file is read by a process of its own, which takes its time on a busy machine. */
vi.setConfig({ testTimeout: 180_000 });

describe('what can be uploaded', () => {
  const take = async (t: TestContext, agentId: string, name: string, bytes: Uint8Array) => {
    const staged = await stageFile(t.services, { agentId, name, source: chunksOf(bytes) });
    return 'reason' in staged ? staged.reason : staged.type;
  };

  test('is decided by the content; what does not fit is refused in words and leaves no bytes behind', async () => {
    await using t = await testContext();
    const { agentId } = await hotel(t);
    const judge = (name: string, content: string | Uint8Array) =>
      take(t, agentId, name, typeof content === 'string' ? Buffer.from(content) : content);
    expect(await judge('a.pdf', pdf([['Hello']]))).toBe('pdf');
    expect(await judge('a', pdf([['Hello']]))).toBe('pdf');
    expect(await judge('a.docx', docx(['Hello']))).toBe('docx');
    expect(await judge('a.md', '# Hello')).toBe('md');
    expect(await judge('a.csv', 'a,b\n1,2')).toBe('csv');
    expect(await judge('a.txt', '<!DOCTYPE html><p>Hello')).toBe('html');
    expect(await judge('a.txt', Buffer.from([0x47, 0x72, 0xfc, 0xdf, 0x65]))).toBe('txt');
    expect(t.ports.blobBytes.size).toBe(7);

    expect(await judge('a.txt', '')).toBe('the file is empty');
    expect(await judge('a.txt', randomBytes(5_000))).toMatch(/neither text nor PDF/);
    expect(await judge('a.pdf', 'just words')).toMatch(/named \.pdf, but its content is not a PDF/);
    expect(await judge('a.txt', pdf([['Hello']]))).toMatch(/named \.txt, but its content is a PDF/);
    expect(await judge('a.docx', zip({ 'a.txt': 'x' }))).toMatch(/ZIP archive that is not a Word/);
    expect(await judge('a.docx', Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 1, 2, 3]))).toMatch(/old or encrypted/);
    expect(await judge('a.exe', 'words')).toMatch(/\.exe are not supported/);
    expect(await judge('///', 'words')).toMatch(/no usable name/);
    expect(await judge('a.txt', Buffer.alloc(knowledgeLimits.fileBytes + 1, 'a'))).toBe('larger than 20 MB');
    expect(await judge('a.txt', Buffer.alloc(knowledgeLimits.fileBytes, 'a'))).toBe('txt');
    expect(t.ports.blobBytes.size).toBe(8);
  });

  test('keeps a file name without paths, control and direction characters', async () => {
    await using t = await testContext();
    const { ctx, agentId } = await hotel(t);
    const nameOf = async (raw: string) => (await giveFile(t, ctx, agentId, raw, 'words')).name;
    expect(await nameOf('../../etc/passwd')).toBe('passwd');
    expect(await nameOf('C:\\Users\\Ada\\menu.txt')).toBe('menu.txt');
    expect(await nameOf('in\u202Evoi\u0000ce\u200B.txt')).toBe('invoice.txt');
    expect(await nameOf(`${'ü'.repeat(300)}.md`)).toBe(`${'ü'.repeat(197)}.md`);
    expect(await nameOf('Gru\u0308ße  aus.txt')).toBe('Grüße aus.txt');
  });
});

describe('indexing', () => {
  test('makes every kind of file answer, with the file, the passage and its place', async () => {
    await using t = await testContext();
    const { ask, learn, files } = await hotel(t);
    await learn(
      'rules.pdf',
      pdf([['The sauna is in the cellar.'], ['Towels are given', 'out at the pool bar.']]),
    );
    await learn('staff.docx', docx(['# Housekeeping', 'Rosa changes the linen every Tuesday.']));
    await learn('handbook.md', handbook);
    await learn('prices.csv', 'room;price per night\nSuite Atlantic;240 euros\nSingle room;80 euros\n');
    await learn(
      'spa.html',
      '<html><head><title>Spa</title><style>p{}</style></head><body><nav>Imprint</nav><h2>Massage</h2><p>Book a hot&nbsp;stone massage at caf&eacute; Luna.<script>evil()</script></p><table><tr><td>Yoga</td><td>8 am</td></tr></table></body></html>',
    );
    await learn('notes.txt', Buffer.from('\uFEFFThe ferry to the island leaves at noon.', 'utf16le'));
    expect((await files()).map(({ status, error }) => [status, error])).toEqual(
      Array(6).fill(['ready', null]),
    );

    const first = async (question: string) => (await ask(question))[0];
    expect(await first('where do I get towels')).toMatchObject({
      file: 'rules.pdf',
      page: 2,
      position: 1,
      passage: 'Towels are given out at the pool bar.',
      score: 1,
    });
    expect(await first('who changes the linen')).toMatchObject({
      file: 'staff.docx',
      heading: 'Housekeeping',
    });
    expect(await first('is there parking')).toMatchObject({
      file: 'handbook.md',
      heading: 'Handbook › Parking',
      page: null,
    });
    expect(await first('how much is the suite')).toMatchObject({
      file: 'prices.csv',
      passage: 'room: Suite Atlantic; price per night: 240 euros',
      position: 0,
    });
    expect(await first('hot stone massage')).toMatchObject({
      file: 'spa.html',
      heading: 'Spa › Massage',
      passage: expect.stringContaining('Book a hot stone massage at café Luna.'),
    });
    expect(await first('yoga')).toMatchObject({ passage: expect.stringContaining('Yoga | 8 am') });
    expect(await first('when does the ferry leave')).toMatchObject({ file: 'notes.txt' });
    expect(await ask('imprint')).toEqual([]);
    expect(await ask('evil')).toEqual([]);
  });

  test('calls files that cannot be read failed, in words, and the others are not touched', async () => {
    await using t = await testContext();
    const { ask, learn, files } = await hotel(t);
    await learn('good.txt', 'The lighthouse is open on Mondays.');
    await learn('locked.pdf', pdf([['secret']], { encrypted: true }));
    await learn('scan.pdf', pdf([[]]));
    await learn('torn.pdf', pdf([['x']]).subarray(0, 60));
    await learn('torn.docx', docx(['Hello']).subarray(0, -22));
    await learn('blank.txt', '   \n\n  ');
    await learn('half.csv', 'a,b\n"never closed,2');
    const bomb = zip({ 'word/document.xml': Buffer.alloc(150 * 1024 * 1024) }, 1_000);
    expect(bomb.length).toBeLessThan(400_000);
    await learn('bomb.docx', bomb);
    const errors = Object.fromEntries(
      (await files()).map(({ name, status, error }) => [name, `${status}: ${error}`]),
    );
    expect(errors).toEqual({
      'good.txt': 'ready: null',
      'locked.pdf': 'failed: The PDF is encrypted; save it without a password.',
      'scan.pdf': 'failed: There is no text in the PDF; scanned pages need text recognition first.',
      'torn.pdf': 'failed: The PDF is damaged and cannot be read.',
      'torn.docx': 'failed: The file is damaged: its ZIP structure cannot be read.',
      'blank.txt': 'failed: There is no text in the file.',
      'half.csv': 'failed: A quoted cell of the table is never closed.',
      'bomb.docx': 'failed: The file unpacks to more than 100 MB, which no document needs.',
    });
    expect(await ask('lighthouse')).toHaveLength(1);
  });

  test('of a file whose bytes cannot be reached is tried again, not failed', async () => {
    await using t = await testContext();
    const { ctx, agentId, files } = await hotel(t);
    const file = await giveFile(t, ctx, agentId, 'menu.txt', 'Soup of the day.');
    const { get } = t.ports.blobs;
    Object.assign(t.ports.blobs, { get: async () => Promise.reject(new Error('S3 is away')) });
    await expect(index(t, file)).rejects.toThrow('S3 is away');
    expect(await files()).toMatchObject([{ status: 'indexing' }]);
    Object.assign(t.ports.blobs, { get });
    expect(await index(t, file)).toBe('1 passages');
    t.ports.blobBytes.clear();
    await index(t, file);
    expect(await files()).toMatchObject([
      { status: 'failed', error: expect.stringMatching(/upload it again/) },
    ]);
  });

  test('that fails for a revision that was ready leaves its passages, and takes away those of an older one', async () => {
    await using t = await testContext();
    const { ctx, agentId, ask, learn, files } = await hotel(t);
    const { id: fileId } = await learn('hours.txt', 'The pool closes at eight.');
    await failIndexing(t.system(), { fileId, revision: 1, reason: 'bad luck' });
    expect(await files()).toMatchObject([{ status: 'failed', error: 'bad luck', passageCount: 1 }]);
    expect(await ask('when does the pool close')).toHaveLength(1);
    await giveFile(t, ctx, agentId, 'hours.txt', 'The pool closes at ten.');
    await failIndexing(t.system(), { fileId, revision: 2, reason: 'bad luck' });
    expect(await files()).toMatchObject([{ status: 'failed', passageCount: 0 }]);
    expect(await ask('when does the pool close')).toEqual([]);
  });
});

describe('a file of the same name', () => {
  test('replaces the old one, which answers until the new one is indexed', async () => {
    await using t = await testContext();
    const { ctx, agentId, ask, learn, files } = await hotel(t);
    const old = await learn('hours.txt', 'The pool closes at eight.');
    const next = await giveFile(t, ctx, agentId, 'hours.txt', 'The pool closes at ten.');
    expect(next).toMatchObject({ id: old.id, revision: 2, status: 'queued' });
    expect(await ask('when does the pool close')).toMatchObject([{ passage: 'The pool closes at eight.' }]);
    expect(await index(t, old)).toBe('deleted or replaced meanwhile');
    await index(t, next);
    expect(await ask('when does the pool close')).toMatchObject([{ passage: 'The pool closes at ten.' }]);
    expect(await files()).toHaveLength(1);
    const queued = await t.db.select().from(outbox).where(eq(outbox.name, 'index-knowledge'));
    // Messages of one key merge while they wait: the second revision must not be lost to the first.
    expect(new Set(queued.map(({ key }) => key)).size).toBe(2);
    const removals = await t.db.select().from(outbox).where(eq(outbox.name, 'remove-blobs'));
    expect(removals.map(({ payload }) => payload)).toEqual([{ keys: [old.blobKey] }]);
  });

  test('changes nothing with the same bytes, and is tried again when it had failed', async () => {
    await using t = await testContext();
    const { ctx, agentId, learn } = await hotel(t);
    const first = await learn('hours.txt', 'The pool closes at eight.');
    expect(await giveFile(t, ctx, agentId, 'hours.txt', 'The pool closes at eight.')).toMatchObject({
      revision: 1,
      status: 'ready',
    });
    await failIndexing(t.system(), { fileId: first.id, revision: 1, reason: 'bad luck' });
    expect(await giveFile(t, ctx, agentId, 'hours.txt', 'The pool closes at eight.')).toMatchObject({
      revision: 2,
      status: 'queued',
      error: null,
    });
  });

  test('is refused within one upload, as is a file too many', async () => {
    await using t = await testContext();
    const { ctx, workspaceId, agentId } = await hotel(t);
    const stage = async (name: string) => {
      const staged = await stageFile(t.services, { agentId, name, source: chunksOf(Buffer.from('words')) });
      if ('reason' in staged) throw new Error(staged.reason);
      return staged;
    };
    await t.db.insert(knowledgeFiles).values(
      Array.from({ length: knowledgeLimits.filesPerAgent - 1 }, (_, number) => ({
        ...{ workspaceId, agentId, name: `${number}.txt`, type: 'txt' as const },
        ...{ sizeBytes: 1, sha256: `${number}`, blobKey: `k/${number}` },
      })),
    );
    const twice = [await stage('a.txt'), await stage('a.txt'), await stage('b.txt')];
    const { files, refused } = await addFiles(ctx, { agentId, files: twice });
    expect(files.map(({ name }) => name)).toEqual(['a.txt']);
    expect(refused.map(({ reason }) => reason)).toEqual([
      'another file of this upload has the same name',
      'the agent has 200 files already; delete one first',
    ]);
  });
});

describe('deleting', () => {
  const traces = async (t: TestContext) => [
    await t.db.$count(knowledgeFiles),
    await t.db.$count(knowledgeChunks),
    await t.db.$count(knowledgeWords),
  ];

  test('a file takes its passages, its words and its bytes along', async () => {
    await using t = await testContext();
    const { ctx, agentId, ask, learn } = await hotel(t);
    const file = await learn('handbook.md', handbook);
    await deleteFile(ctx, { agentId, name: 'handbook.md' });
    expect(await traces(t)).toEqual([0, 0, 0]);
    expect(await ask('parking')).toEqual([]);
    const [removal] = await t.db.select().from(outbox).where(eq(outbox.name, 'remove-blobs'));
    expect(removal?.payload).toEqual({ keys: [file.blobKey] });
    await expect(deleteFile(ctx, { agentId, name: 'handbook.md' })).rejects.toMatchObject({
      code: 'not_found',
    });
    expect(await index(t, file)).toBe('deleted or replaced meanwhile');
  });

  test('an agent takes everything along', async () => {
    await using t = await testContext();
    const { ctx, agentId, learn } = await hotel(t);
    const files = [await learn('handbook.md', handbook), await learn('a.txt', 'Something else.')];
    await deleteAgent(ctx, { agentId });
    expect(await traces(t)).toEqual([0, 0, 0]);
    const [removal] = await t.db.select().from(outbox).where(eq(outbox.name, 'remove-blobs'));
    expect(removal?.payload).toEqual({
      keys: expect.arrayContaining(files.map(({ blobKey }) => blobKey)),
    });
  });
});

test('a file that the queue forgot is found again', async () => {
  await using t = await testContext();
  const { ctx, agentId } = await hotel(t);
  const file = await giveFile(t, ctx, agentId, 'menu.txt', 'Soup.');
  const look = (olderThanMs: number) =>
    listUnfinished(t.system(), { olderThanMs, embeddingModel: null, limit: 10 });
  expect(await look(60_000)).toEqual([]);
  expect(await look(-60_000)).toEqual([{ fileId: file.id, revision: 1 }]);
});

test('the plan of a call says that there is knowledge only when there is', async () => {
  await using t = await testContext();
  const { learn } = await hotel(t);
  const start = async () => (await startWebCall(t.anonymous, { agent: 'hotel' })).call.id;
  const without = await getCallPlan(t.system(), { callId: await start(), epoch: 1 });
  expect(without).not.toHaveProperty('knowledge');
  await learn('menu.txt', 'Soup of the day.');
  expect(await getCallPlan(t.system(), { callId: await start(), epoch: 1 })).toMatchObject({
    knowledge: true,
  });
});
