import { describe, expect, test, vi } from 'vitest';
import { deleteFile, listFiles, listUnfinished, lookUp, queryKnowledge } from '../../core/knowledge/index.ts';
import type { Embedder } from '../../core/ports.ts';
import { giveFile, handbook, hotel, index, teach } from '../factories/knowledge.ts';
import { newAgent } from '../factories/lines.ts';
import { newPerson, withRole } from '../factories/people.ts';
import { testContext } from '../harness/context.ts';

/** Each file is read by a process of its own, which takes its time on a busy machine. */
vi.setConfig({ testTimeout: 180_000 });

describe('a question', () => {
  test('is understood as it is spoken: other forms, filler words, misspellings', async () => {
    await using t = await testContext();
    const { ask, learn } = await hotel(t);
    await learn('handbook.md', handbook);
    const section = async (question: string) => (await ask(question, 1))[0]?.heading.split(' › ').at(-1);
    expect(await section('Could you tell me, uh, what you charge for a dog, please?')).toBe('Pets');
    expect(await section('can I bring my brekfast to the conservatry')).toBe('Breakfast');
    expect(await section('are there any garrages')).toBe('Parking');
    expect(await section('when do you serve breakfasts on a sunday')).toBe('Breakfast');
    expect(await section('"fifteen euros" -cats')).toBe('Pets');
    expect(await ask('who are you')).toEqual([]);
    expect(await ask('xylophone quartz')).toEqual([]);
  });

  test('never fails, whatever characters it has', async () => {
    await using t = await testContext();
    const { ask, learn } = await hotel(t);
    await learn(
      'odd.txt',
      `The code is O'Neil\\x & <b> | !hidden:* and https://example.com/a'b?c=1 state-of-the-art`,
    );
    for (const question of [
      "O'Neil",
      "'; drop table agents; --",
      'a & | ! ( ) : * \\ \' "',
      '"unclosed -',
      "https://example.com/a'b?c=1",
      'state-of-the-art',
      '\\',
      '%%%',
      'ß ǅ ﬁ',
      'word '.repeat(400),
    ])
      await expect(ask(question)).resolves.toBeInstanceOf(Array);
    expect(await ask("what is o'neil")).toHaveLength(1);
  });

  test('works in the language of the agent, and in scripts without spaces', async () => {
    await using t = await testContext();
    const german = await hotel(t, 'de-DE');
    await german.learn('haus.txt', 'Die Häuser am Hafen werden täglich gereinigt. Hunde sind willkommen.');
    expect(await german.ask('Wird das Haus gereinigt?')).toHaveLength(1);
    expect(await german.ask('ist die der das')).toEqual([]);
    const { ctx } = await newPerson(t, 'Yuki');
    const agent = await newAgent(ctx, { definition: { language: 'ja-JP' } });
    await teach(t, ctx, agent.id, 'annai.txt', '朝食は六時から十時までです。\n\n駐車場は一日九ユーロです。');
    const found = await queryKnowledge(ctx, { agentId: agent.id, question: '駐車場はありますか' });
    expect(found[0]?.passage).toContain('駐車場');
  });

  test('is answered from the files of this agent of this workspace only', async () => {
    await using t = await testContext();
    const ada = await hotel(t);
    await ada.learn('secret.txt', 'The vault combination is on the mantelpiece.');
    const sibling = await newAgent(ada.ctx);
    await teach(t, ada.ctx, sibling.id, 'own.txt', 'The vault is painted green.');
    expect(await queryKnowledge(ada.ctx, { agentId: sibling.id, question: 'vault' })).toMatchObject([
      { file: 'own.txt' },
    ]);
    const ben = await newPerson(t, 'Ben');
    for (const attempt of [
      () => queryKnowledge(ben.ctx, { agentId: ada.agentId, question: 'vault' }),
      () => listFiles(ben.ctx, { agentId: ada.agentId }),
      () => deleteFile(ben.ctx, { agentId: ada.agentId, name: 'secret.txt' }),
      () => giveFile(t, ben.ctx, ada.agentId, 'mine.txt', 'words'),
    ])
      await expect(attempt()).rejects.toMatchObject({ code: 'not_found' });
    const member = await withRole(t, ada.ctx, 'member');
    expect(await queryKnowledge(member, { agentId: ada.agentId, question: 'vault' })).toHaveLength(1);
    await expect(giveFile(t, member, ada.agentId, 'a.txt', 'words')).rejects.toMatchObject({
      code: 'forbidden',
    });
    await expect(lookUp(ada.ctx, { agentId: ada.agentId, question: 'vault' })).rejects.toMatchObject({
      code: 'forbidden',
    });
  });
});

describe('embeddings', () => {
  /** Meanings in three dimensions: what the words of a text have to do with food, sleep and water. */
  function meanings(): Embedder & { asked: number; away: boolean } {
    const about = [/breakfast|hungry|eat|food/gi, /bed|tired|sleep|pillow/gi, /pool|swim|water/gi];
    const fake = {
      model: 'meanings@3',
      asked: 0,
      away: false,
      embed: async (texts: readonly string[]) => {
        fake.asked += texts.length;
        if (fake.away) throw new Error('away');
        return texts.map((text) => {
          const raw = about.map((words) => 0.01 + (text.match(words)?.length ?? 0));
          const length = Math.hypot(...raw);
          return raw.map((value) => value / length);
        });
      },
    };
    return fake;
  }

  test('find what is meant in other words, and follow replacements and deletions', async () => {
    await using t = await testContext();
    t.ports.embedder = meanings();
    const { ctx, agentId, ask, learn, files } = await hotel(t);
    await learn('food.txt', 'Breakfast is served in the conservatory.');
    await learn('rooms.txt', 'Every bed has two pillows.');
    await learn('pool.txt', 'The pool is heated.');
    expect(await files()).toMatchObject(Array(3).fill({ embeddingModel: 'meanings@3' }));
    expect(await ask('I am so hungry')).toMatchObject([{ file: 'food.txt', score: 1 }, {}, {}]);
    expect((await ask('where can I sleep'))[0]?.file).toBe('rooms.txt');
    await learn('rooms.txt', 'We eat food at eight.');
    expect((await ask('where can I sleep'))[0]?.passage).not.toContain('pillows');
    await deleteFile(ctx, { agentId, name: 'pool.txt' });
    expect((await ask('can I swim')).map(({ file }) => file)).not.toContain('pool.txt');
  });

  test('are compared in the database where it has the type for it', async () => {
    await using t = await testContext();
    // A stand-in for the extension: the type's name, and the operator as its documentation describes it.
    await t.db.execute('create domain vector as real[]');
    await t.db.execute(
      'create function negative_product(a real[], b real[]) returns float8 language sql as $$ select -sum(x * y) from unnest(a, b) as pair(x, y) $$',
    );
    await t.db.execute(
      'create operator <#> (leftarg = real[], rightarg = real[], function = negative_product)',
    );
    t.ports.embedder = meanings();
    const { ask, learn } = await hotel(t);
    await learn('food.txt', 'Breakfast is served in the conservatory.');
    await learn('rooms.txt', 'Every bed has two pillows.');
    expect((await ask('I am so hungry'))[0]?.file).toBe('food.txt');
    expect((await ask('where can I sleep'))[0]?.file).toBe('rooms.txt');
    await t.db.execute('drop operator <#> (real[], real[])');
    // Without the operator this way is shut: it was the one that was taken.
    expect(await ask('where can I sleep')).toEqual([]);
  });

  test('that cannot be had leave the search by words as it is, at indexing and at asking', async () => {
    await using t = await testContext();
    const embedder = meanings();
    t.ports.embedder = embedder;
    const { ask, learn, files } = await hotel(t);
    embedder.away = true;
    const file = await learn('food.txt', 'Breakfast is served in the conservatory.');
    expect(await files()).toMatchObject([{ status: 'ready', embeddingModel: null }]);
    expect(await ask('breakfast')).toHaveLength(1);
    expect(await ask('I am so hungry')).toEqual([]);
    embedder.away = false;
    expect(await ask('I am so hungry')).toEqual([]);
    const unfinished = { olderThanMs: -60_000, limit: 10 };
    expect(await listUnfinished(t.system(), { ...unfinished, embeddingModel: null })).toEqual([]);
    expect(await listUnfinished(t.system(), { ...unfinished, embeddingModel: embedder.model })).toEqual([
      { fileId: file.id, revision: 1 },
    ]);
    await index(t, file);
    expect(await ask('I am so hungry')).toHaveLength(1);
    expect(await listUnfinished(t.system(), { ...unfinished, embeddingModel: embedder.model })).toEqual([]);
  });
});
