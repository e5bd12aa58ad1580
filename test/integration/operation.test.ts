import { expect, test } from 'vitest';
import { z } from 'zod';
import { systemContext } from '../../core/context.ts';
import { DomainError } from '../../core/errors.ts';
import { operation, type Scope } from '../../core/operation.ts';
import { auditLog } from '../../db/schema/audit-log.ts';
import { outbox } from '../../db/schema/outbox.ts';
import { newId } from '../../platform/ids.ts';
import { newPerson, withRole } from '../factories/people.ts';
import { testContext } from '../harness/context.ts';

const open = (scope: Scope) =>
  operation({ name: 'test.open', scope, input: z.object({}), reads: true, run: async () => 'in' });

test('each scope lets in whom it names and tells everybody else why not', async () => {
  await using t = await testContext();
  const { ctx: admin, userId } = await newPerson(t);
  const contexts = {
    nobody: t.anonymous,
    homeless: t.as({ actor: { kind: 'user', userId }, workspaceId: null, role: null }),
    member: await withRole(t, admin, 'member'),
    developer: await withRole(t, admin, 'developer'),
    admin,
    superuser: { ...admin, role: 'superuser' as const },
    ours: t.system(admin.workspaceId),
  };
  const answers: Record<string, string> = {};
  for (const scope of ['public', 'session', 'member', 'developer', 'admin', 'system'] as const) {
    const line = [];
    for (const ctx of Object.values(contexts))
      line.push(await open(scope)(ctx, {}).catch((error: DomainError) => error.code.slice(0, 5)));
    answers[scope] = line.join(' ');
  }
  expect(answers).toEqual({
    public: 'in in in in in in in',
    session: 'unaut in in in in in in',
    member: 'unaut forbi in in in in in',
    developer: 'unaut forbi forbi in in in in',
    admin: 'unaut forbi forbi forbi in in in',
    system: 'unaut forbi forbi forbi forbi forbi in'.replace('unaut', 'forbi'),
  });
});

test('a process that names no workspace cannot slip into one', async () => {
  await using t = await testContext();
  await expect(open('member')(systemContext(t.services, 'jobs'), {})).rejects.toMatchObject({
    code: 'internal',
  });
});

test('a refusal takes the change, its message and its audit line back', async () => {
  await using t = await testContext();
  const refuses = operation({
    name: 'test.refuse',
    scope: 'public',
    input: z.object({}),
    run: async (ctx) => {
      await ctx.emit('end-call', { callId: newId() });
      throw new DomainError('conflict', 'No.');
    },
  });
  await expect(refuses(t.anonymous, {})).rejects.toMatchObject({ code: 'conflict' });
  expect(await t.db.select().from(outbox)).toEqual([]);
  expect(await t.db.select().from(auditLog)).toEqual([]);
});

test('a message that does not fit its queue is refused before it can poison it', async () => {
  await using t = await testContext();
  const emits = operation({
    name: 'test.emit',
    scope: 'public',
    input: z.object({}),
    run: (ctx) => ctx.emit('end-call', { callId: 'not an id' }),
  });
  await expect(emits(t.anonymous, {})).rejects.toThrow();
  expect(await t.db.select().from(outbox)).toEqual([]);
});

test('every field that does not fit is named before anything runs', async () => {
  await using t = await testContext();
  let ran = false;
  const picky = operation({
    name: 'test.picky',
    scope: 'public',
    input: z.object({ a: z.string(), b: z.object({ c: z.number() }) }),
    run: async () => {
      ran = true;
    },
  });
  const wrong = { b: { c: 'x' } } as unknown as { a: string; b: { c: number } };
  await expect(picky(t.anonymous, wrong)).rejects.toMatchObject({
    code: 'invalid',
    fields: [{ path: 'a' }, { path: 'b.c' }],
  });
  expect(ran).toBe(false);
});
