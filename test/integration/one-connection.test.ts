import { eq } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { oneConnection } from '../../db/one-connection.ts';
import { workspaces } from '../../db/schema/workspaces.ts';
import { newId } from '../../platform/ids.ts';
import { testContext } from '../harness/context.ts';

test('what is written on one connection is there for the next who reads, and for others with the commit', async () => {
  await using t = await testContext();
  const { db, together, close } = await oneConnection(t.db);
  const id = newId();
  const nameOf = async (side: 'inside' | 'outside') => {
    const rows = await (side === 'inside' ? db : t.db).select().from(workspaces).where(eq(workspaces.id, id));
    return rows.map(({ name }) => name);
  };
  try {
    await together(async () => {
      await db.insert(workspaces).values({ id, name: 'Harbor' });
      expect(await nameOf('inside')).toEqual(['Harbor']);
      // Part of the transaction that is open, and not one of its own.
      await db.transaction((tx) => tx.update(workspaces).set({ name: 'Lake' }).where(eq(workspaces.id, id)));
      expect(await nameOf('outside')).toEqual([]);
    });
    expect(await nameOf('outside')).toEqual(['Lake']);
  } finally {
    await close();
  }
});

test('a statement that fails takes the whole back and is what is told, and the next transaction works', async () => {
  await using t = await testContext();
  const { db, together, close } = await oneConnection(t.db);
  const [id, other] = [newId(), newId()];
  const write = (name: string, as = id) => db.insert(workspaces).values({ id: as, name });
  try {
    const failing = together(async () => {
      await write('Harbor');
      await write('Harbor again');
      await db.select().from(workspaces);
    });
    await expect(failing).rejects.toMatchObject({ code: '23505' });
    // Nobody reads any more: the commit tells.
    const unread = together(async () => {
      await write('Lake');
      await write('Lake again');
    });
    await expect(unread).rejects.toMatchObject({ code: '23505' });
    expect(await t.db.select().from(workspaces)).toEqual([]);
    await together(() => write('Lake', other));
    expect(await t.db.select().from(workspaces)).toMatchObject([{ id: other, name: 'Lake' }]);
  } finally {
    await close();
  }
});
