import { eq } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { createAgent, deleteAgent, getAgent, listAgents, updateAgent } from '../../core/agents/index.ts';
import { listNumbers } from '../../core/numbers/index.ts';
import { agentVersions } from '../../db/schema/agent-versions.ts';
import { auditLog } from '../../db/schema/audit-log.ts';
import { outbox } from '../../db/schema/outbox.ts';
import { newAgent, newLine, nextNumber } from '../factories/lines.ts';
import { newPerson, withRole } from '../factories/people.ts';
import { testContext } from '../harness/context.ts';

describe('agents', () => {
  test('a new agent has version 1 with every default filled in', async () => {
    await using t = await testContext();
    const { ctx, workspaceId } = await newPerson(t);
    const agent = await createAgent(ctx, { name: ' Front desk ', definition: { systemPrompt: 'Be kind.' } });
    expect(agent).toMatchObject({
      name: 'Front desk',
      workspaceId,
      version: 1,
      phoneNumbers: [],
      webSlug: null,
    });
    expect(agent.definition).toMatchObject({
      systemPrompt: 'Be kind.',
      language: 'en-US',
      speaksFirst: 'agent',
    });
    expect(await getAgent(ctx, { agentId: agent.id })).toEqual(agent);
    expect(await listAgents(ctx, {})).toEqual([agent]);
  });

  test('an update writes a new version only when something changes, and keeps the old one', async () => {
    await using t = await testContext();
    const { ctx } = await newPerson(t);
    const agent = await newAgent(ctx);
    const same = await updateAgent(ctx, { agentId: agent.id, definition: { firstMessage: 'Hello!' } });
    expect(same.version).toBe(1);
    expect(same.liveVersionId).toBe(agent.liveVersionId);
    const changed = await updateAgent(ctx, { agentId: agent.id, definition: { llm: { temperature: 0.1 } } });
    expect(changed.version).toBe(2);
    expect(changed.definition.llm).toEqual({ ...agent.definition.llm, temperature: 0.1 });
    expect(changed.definition.firstMessage).toBe('Hello!');
    const versions = await t.db.select().from(agentVersions).where(eq(agentVersions.agentId, agent.id));
    expect(versions.map((version) => version.version).sort()).toEqual([1, 2]);
  });

  test('of updates at the same moment none is lost: one that came too late is told so', async () => {
    await using t = await testContext();
    const { ctx } = await newPerson(t);
    const { id: agentId } = await newAgent(ctx);
    const changes = [{ systemPrompt: 'A' }, { firstMessage: 'B' }, { llm: { maxTokens: 77 } }];
    const outcomes = await Promise.allSettled(
      changes.map((definition) => updateAgent(ctx, { agentId, definition })),
    );
    for (const [index, outcome] of outcomes.entries()) {
      if (outcome.status === 'fulfilled') continue;
      expect(outcome.reason).toMatchObject({ code: 'conflict' });
      await updateAgent(ctx, { agentId, definition: changes[index] });
    }
    const agent = await getAgent(ctx, { agentId });
    expect(agent.version).toBe(4);
    expect(agent.definition).toMatchObject({ systemPrompt: 'A', firstMessage: 'B', llm: { maxTokens: 77 } });
  });

  test('what was checked over another version than the live one does not go live', async () => {
    await using t = await testContext();
    const { ctx } = await newPerson(t);
    const { id: agentId } = await newAgent(ctx);
    const shorten = { maxCallDurationMs: 60_000 };
    t.ports.voices.look = async () => {
      t.ports.voices.look = async () => null;
      await updateAgent(ctx, { agentId, definition: shorten });
      return null;
    };
    // Warned 90 s before the end of a call that now lasts 60 s.
    const definition = { durationWarning: { beforeMs: 90_000 }, tts: { voice: 'paola' } };
    await expect(updateAgent(ctx, { agentId, definition })).rejects.toMatchObject({
      ...{ code: 'conflict', message: expect.stringContaining('Read it again') },
    });
    expect(await getAgent(ctx, { agentId })).toMatchObject({ version: 2, definition: shorten });
    await expect(updateAgent(ctx, { agentId, definition })).rejects.toMatchObject({ code: 'invalid' });
    expect(await updateAgent(ctx, { agentId, definition: shorten })).toMatchObject({ version: 2 });
  });

  test('a patch that does not fit names every field under definition', async () => {
    await using t = await testContext();
    const { ctx } = await newPerson(t);
    const { id: agentId } = await newAgent(ctx);
    await expect(
      updateAgent(ctx, { agentId, definition: { llm: { temperature: 9 }, maxCallDurationMs: 1 } }),
    ).rejects.toMatchObject({
      code: 'invalid',
      fields: [{ path: 'definition.llm.temperature' }, { path: 'definition.maxCallDurationMs' }],
    });
  });

  test('a phone number given with an agent is mapped to it and brought in step with LiveKit', async () => {
    await using t = await testContext();
    const { ctx } = await newPerson(t);
    const line = await newLine(t, ctx, null);
    const agent = await newAgent(ctx, { phoneNumber: line.e164 });
    expect(agent.phoneNumbers).toEqual([line.e164]);
    const messages = await t.db.select().from(outbox).where(eq(outbox.name, 'sync-number'));
    expect(messages).toHaveLength(2);
    expect(new Set(messages.map((message) => message.key)).size).toBe(2);
  });

  test('a number of nobody or of another workspace is a field error; one of another agent is a conflict', async () => {
    await using t = await testContext();
    const [ada, ben] = [await newPerson(t, 'Ada'), await newPerson(t, 'Ben')];
    const foreign = await newLine(t, ben.ctx, null);
    for (const phoneNumber of [foreign.e164, nextNumber()])
      await expect(newAgent(ada.ctx, { phoneNumber })).rejects.toMatchObject({
        code: 'invalid',
        fields: [{ path: 'phoneNumber' }],
      });
    const first = await newAgent(ada.ctx);
    const line = await newLine(t, ada.ctx, first.id);
    await expect(newAgent(ada.ctx, { phoneNumber: line.e164 })).rejects.toMatchObject({ code: 'conflict' });
    expect(await listAgents(ada.ctx, {})).toHaveLength(1);
  });

  test('a web slug belongs to one living agent of the whole installation', async () => {
    await using t = await testContext();
    const [ada, ben] = [await newPerson(t, 'Ada'), await newPerson(t, 'Ben')];
    const agent = await newAgent(ada.ctx, { webSlug: 'harbor' });
    await expect(newAgent(ben.ctx, { webSlug: 'Harbor' })).rejects.toMatchObject({
      code: 'conflict',
      fields: [{ path: 'webSlug' }],
    });
    await deleteAgent(ada.ctx, { agentId: agent.id });
    expect(await newAgent(ben.ctx, { webSlug: 'harbor' })).toMatchObject({ webSlug: 'harbor' });
  });

  test('a deleted agent is gone for everybody and its numbers lead nowhere', async () => {
    await using t = await testContext();
    const { ctx } = await newPerson(t);
    const agent = await newAgent(ctx);
    await newLine(t, ctx, agent.id);
    await deleteAgent(ctx, { agentId: agent.id });
    for (const attempt of [getAgent, deleteAgent, updateAgent])
      await expect(attempt(ctx, { agentId: agent.id })).rejects.toMatchObject({ code: 'not_found' });
    expect(await listAgents(ctx, {})).toEqual([]);
    expect(await listNumbers(ctx, {})).toMatchObject([{ agentId: null, syncState: 'pending' }]);
  });

  test('agents of another workspace, unknown ids and ids that are none are not found', async () => {
    await using t = await testContext();
    const [ada, ben] = [await newPerson(t, 'Ada'), await newPerson(t, 'Ben')];
    const foreign = await newAgent(ben.ctx);
    for (const agentId of [foreign.id, ada.workspaceId, 'front-desk'])
      for (const attempt of [getAgent, updateAgent, deleteAgent])
        await expect(attempt(ada.ctx, { agentId })).rejects.toMatchObject({ code: 'not_found' });
  });

  test('a member reads agents and changes none; nobody does neither', async () => {
    await using t = await testContext();
    const { ctx } = await newPerson(t);
    const { id: agentId } = await newAgent(ctx);
    const member = await withRole(t, ctx, 'member');
    expect(await listAgents(member, {})).toHaveLength(1);
    await expect(newAgent(member)).rejects.toMatchObject({ code: 'forbidden' });
    await expect(updateAgent(member, { agentId, name: 'X' })).rejects.toMatchObject({ code: 'forbidden' });
    await expect(deleteAgent(member, { agentId })).rejects.toMatchObject({ code: 'forbidden' });
    await expect(listAgents(t.anonymous, {})).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  test('every change leaves an audit line; a refused one leaves none', async () => {
    await using t = await testContext();
    const { ctx, userId } = await newPerson(t);
    const agent = await newAgent(ctx);
    await expect(newAgent(ctx, { name: '' })).rejects.toMatchObject({ code: 'invalid' });
    const lines = await t.db.select().from(auditLog).where(eq(auditLog.operation, 'agent.create'));
    expect(lines).toMatchObject([{ actorKind: 'user', actorId: userId, target: agent.id, surface: 'test' }]);
  });
});
