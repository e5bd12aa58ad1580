import { describe, expect, test } from 'vitest';
import {
  discardDraft,
  getAgent,
  getDraft,
  getTraffic,
  getVersion,
  keepDraft,
  listVersions,
  publishVersion,
  rollBack,
  saveDraft,
  setTraffic,
  updateAgent,
} from '../../core/agents/index.ts';
import { versionFor } from '../../core/agents/traffic.ts';
import {
  announceCall,
  getCall,
  getCallPlan,
  placeCall,
  startInboundCall,
  startWebCall,
} from '../../core/calls/index.ts';
import { agentVersions } from '../../db/schema/agent-versions.ts';
import { newId } from '../../platform/ids.ts';
import { newAgent, newLine } from '../factories/lines.ts';
import { newPerson, withRole } from '../factories/people.ts';
import { testContext } from '../harness/context.ts';

describe('drafts', () => {
  test('a draft gathers changes that no call sees until it is published', async () => {
    await using t = await testContext();
    const { ctx } = await newPerson(t);
    const { id: agentId } = await newAgent(ctx);
    expect(await getDraft(ctx, { agentId })).toBeNull();
    await saveDraft(ctx, { agentId, definition: { systemPrompt: 'Be brief.' } });
    await saveDraft(ctx, {
      agentId,
      definition: { llm: { temperature: 0.1 }, idle: { hangUpAfterMs: 60_000 } },
    });
    expect(await getAgent(ctx, { agentId })).toMatchObject({ version: 1, definition: { systemPrompt: '' } });
    expect(await getDraft(ctx, { agentId })).toMatchObject({
      definition: {
        systemPrompt: 'Be brief.',
        firstMessage: 'Hello!',
        llm: { temperature: 0.1, maxTokens: 1_024 },
        idle: { hangUpAfterMs: 60_000, promptAfterMs: 10_000 },
      },
      ...{ baseVersion: 1, liveVersion: 1, errors: [] },
    });
    const published = await publishVersion(ctx, { agentId, note: 'Shorter' });
    expect(published).toMatchObject({ version: 2, definition: { systemPrompt: 'Be brief.' } });
    expect(await getDraft(ctx, { agentId })).toBeNull();
    expect(await listVersions(ctx, { agentId })).toMatchObject([
      { version: 2, note: 'Shorter', percent: 100 },
      { version: 1, note: '', percent: 0 },
    ]);
  });

  test('a draft that is kept to be tried is a version that only those run who name it', async () => {
    await using t = await testContext();
    const { ctx } = await newPerson(t);
    const { id: agentId } = await newAgent(ctx);
    const line = await newLine(t, ctx, agentId);
    await expect(keepDraft(ctx, { agentId })).rejects.toMatchObject({ code: 'conflict' });
    await saveDraft(ctx, { agentId, definition: { systemPrompt: 'Be brief.' } });
    const kept = await keepDraft(ctx, { agentId });
    expect(kept).toMatchObject({ version: 2, isTrial: true, percent: 0 });
    expect(await keepDraft(ctx, { agentId })).toMatchObject({ id: kept.id });
    expect(await getDraft(ctx, { agentId })).toMatchObject({ liveVersion: 1, baseVersion: 1 });
    const { dialAs, id } = await announceCall(ctx, { phoneNumber: line.e164, version: 2 });
    const tried = await startInboundCall(t.system(), {
      ...{ phoneNumberId: line.id, roomName: `inbound_${dialAs}_1` },
    });
    expect(tried).toMatchObject({ callId: id, definition: { systemPrompt: 'Be brief.' } });
    const other = await startInboundCall(t.system(), {
      phoneNumberId: line.id,
      roomName: 'inbound_+14155550907_2',
    });
    expect(other.definition.systemPrompt).toBe('');
  });

  test('publishing what was tried makes just that version live; what was only tried is passed over by a roll-back', async () => {
    await using t = await testContext();
    const { ctx } = await newPerson(t);
    const { id: agentId } = await newAgent(ctx);
    const save = (systemPrompt: string) => saveDraft(ctx, { agentId, definition: { systemPrompt } });
    await save('First idea.');
    await keepDraft(ctx, { agentId });
    await save('Second idea.');
    expect(await keepDraft(ctx, { agentId })).toMatchObject({ version: 3 });
    expect(await publishVersion(ctx, { agentId, note: 'Tried' })).toMatchObject({ version: 3 });
    expect(await listVersions(ctx, { agentId })).toMatchObject([
      { version: 3, isTrial: false, note: 'Tried', percent: 100 },
      { version: 2, isTrial: true, percent: 0 },
      { version: 1, isTrial: false },
    ]);
    expect(await rollBack(ctx, { agentId })).toMatchObject({ version: 1 });
    expect(await rollBack(ctx, { agentId, version: 2 })).toMatchObject({ version: 2 });
    expect((await listVersions(ctx, { agentId }))[1]).toMatchObject({
      version: 2,
      isTrial: false,
      percent: 100,
    });
  });

  test('of saves at the same moment none is lost', async () => {
    await using t = await testContext();
    const { ctx } = await newPerson(t);
    const { id: agentId } = await newAgent(ctx);
    await Promise.all([
      saveDraft(ctx, { agentId, definition: { systemPrompt: 'A' } }),
      saveDraft(ctx, { agentId, definition: { firstMessage: 'B' } }),
      saveDraft(ctx, { agentId, definition: { disclosure: 'C' } }),
    ]);
    expect((await getDraft(ctx, { agentId }))?.definition).toMatchObject({
      ...{ systemPrompt: 'A', firstMessage: 'B', disclosure: 'C' },
    });
  });

  test('a draft begun on another version than the live one is published only on purpose', async () => {
    await using t = await testContext();
    const { ctx } = await newPerson(t);
    const { id: agentId } = await newAgent(ctx);
    await expect(publishVersion(ctx, { agentId })).rejects.toMatchObject({ code: 'conflict' });
    await saveDraft(ctx, { agentId, definition: { systemPrompt: 'Mine' } });
    await updateAgent(ctx, { agentId, definition: { systemPrompt: 'Theirs' } });
    await expect(publishVersion(ctx, { agentId })).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(/begun on version 1, and version 2 is live/),
    });
    expect(await publishVersion(ctx, { agentId, overwrite: true })).toMatchObject({
      version: 3,
      definition: { systemPrompt: 'Mine' },
    });
  });

  test('a draft can be thrown away, and belongs to its workspace', async () => {
    await using t = await testContext();
    const [ada, ben] = [await newPerson(t, 'Ada'), await newPerson(t, 'Ben')];
    const { id: agentId } = await newAgent(ada.ctx);
    await saveDraft(ada.ctx, { agentId, definition: { systemPrompt: 'A' } });
    await expect(getDraft(ben.ctx, { agentId })).rejects.toMatchObject({ code: 'not_found' });
    await expect(discardDraft(ben.ctx, { agentId })).rejects.toMatchObject({ code: 'not_found' });
    const member = await withRole(t, ada.ctx, 'member');
    await expect(saveDraft(member, { agentId, definition: {} })).rejects.toMatchObject({ code: 'forbidden' });
    await discardDraft(ada.ctx, { agentId });
    await discardDraft(ada.ctx, { agentId });
    expect(await getDraft(ada.ctx, { agentId })).toBeNull();
  });
});

describe('versions', () => {
  test('a roll-back makes the version before live, a named one when asked, and deletes nothing', async () => {
    await using t = await testContext();
    const { ctx } = await newPerson(t);
    const { id: agentId } = await newAgent(ctx);
    await expect(rollBack(ctx, { agentId })).rejects.toMatchObject({ code: 'conflict' });
    for (const systemPrompt of ['Two', 'Three'])
      await updateAgent(ctx, { agentId, definition: { systemPrompt } });
    expect(await rollBack(ctx, { agentId })).toMatchObject({
      version: 2,
      definition: { systemPrompt: 'Two' },
    });
    expect(await rollBack(ctx, { agentId, version: 3 })).toMatchObject({ version: 3 });
    await expect(rollBack(ctx, { agentId, version: 9 })).rejects.toMatchObject({ code: 'not_found' });
    await rollBack(ctx, { agentId, version: 1 });
    expect(await updateAgent(ctx, { agentId, definition: { systemPrompt: 'Four' } })).toMatchObject({
      version: 4,
    });
    expect(await getVersion(ctx, { agentId, version: 3 })).toMatchObject({
      agent: { version: 3, definition: { systemPrompt: 'Three' } },
      version: { percent: 0 },
    });
    expect((await listVersions(ctx, { agentId, before: 3 })).map(({ version }) => version)).toEqual([2, 1]);
  });

  test('a version that was stored before a field was invented has the field with its default', async () => {
    await using t = await testContext();
    const { ctx } = await newPerson(t);
    const agent = await newAgent(ctx);
    const old = {
      systemPrompt: 'Old',
      llm: { provider: 'openai', model: 'x', temperature: 0.5, maxTokens: 9 },
    };
    await t.db.update(agentVersions).set({ definition: old });
    expect((await getAgent(ctx, { agentId: agent.id })).definition).toMatchObject({
      ...{ systemPrompt: 'Old', speaksFirst: 'agent', disclosure: '', endCallPhrases: [] },
      idle: { prompts: [], hangUpAfterMs: 0 },
      llm: { model: 'x', fallbacks: [] },
      recording: { policy: 'off' },
      voicemail: { action: 'ignore' },
      analysis: { enabled: true, schema: {} },
    });
  });
});

describe('a traffic split', () => {
  test('gives each call one of two versions, about as often as it says, and the same one whenever asked', () => {
    const agent = { liveVersionId: newId(), splitVersionId: newId(), splitPercent: 30 };
    const calls = Array.from({ length: 4_000 }, newId);
    const chosen = calls.map((id) => versionFor(agent, id));
    expect(calls.map((id) => versionFor(agent, id))).toEqual(chosen);
    const share = chosen.filter((id) => id === agent.splitVersionId).length / calls.length;
    expect(share).toBeGreaterThan(0.26);
    expect(share).toBeLessThan(0.34);
    const next = { ...agent, splitVersionId: newId() };
    const both = calls.filter(
      (id) => versionFor(agent, id) !== agent.liveVersionId && versionFor(next, id) !== next.liveVersionId,
    );
    // Independent experiments share 9 %, the same hash for both would share 30 %.
    expect(both.length / calls.length).toBeLessThan(0.15);
  });

  test('decides for web, inbound and outbound calls, and a call keeps its version', async () => {
    await using t = await testContext();
    const { ctx } = await newPerson(t);
    const agent = await newAgent(ctx, { webSlug: 'desk' });
    const line = await newLine(t, ctx, agent.id);
    await updateAgent(ctx, { agentId: agent.id, definition: { systemPrompt: 'Second' } });
    const traffic = await setTraffic(ctx, { agentId: agent.id, version: 1, percent: 50 });
    expect(traffic).toEqual({ liveVersion: 2, livePercent: 50, splitVersion: 1, splitPercent: 50 });
    const split = await getAgent(ctx, { agentId: agent.id });
    const placed = await placeCall(ctx, { fromNumber: line.e164, toNumber: '+14155559876' });
    expect(placed.agentVersionId).toBe(versionFor(split, placed.id));
    const seen = new Set<string>();
    for (let i = 0; seen.size < 2 && i < 60; i++) {
      const { call } = await startWebCall(t.anonymous, { agent: 'desk' });
      expect(call.agentVersionId).toBe(versionFor(split, call.id));
      seen.add(call.agentVersionId);
      const room = `in_+14155559876_${i}`;
      const plan = await startInboundCall(t.system(), { phoneNumberId: line.id, roomName: room });
      expect(plan.agent.versionId).toBe(versionFor(split, plan.callId));
      expect(plan.definition.systemPrompt).toBe(plan.agent.versionId === split.liveVersionId ? 'Second' : '');
    }
    expect(seen.size).toBe(2);
    const { call } = await startWebCall(t.anonymous, { agent: 'desk' });
    await setTraffic(ctx, { agentId: agent.id, version: null });
    await updateAgent(ctx, { agentId: agent.id, definition: { systemPrompt: 'Third' } });
    const plan = await getCallPlan(t.system(), { callId: call.id, epoch: 1 });
    expect(plan.agent.versionId).toBe(call.agentVersionId);
  });

  test('ends when another version goes live, and refuses what is no split', async () => {
    await using t = await testContext();
    const { ctx } = await newPerson(t);
    const { id: agentId } = await newAgent(ctx);
    await updateAgent(ctx, { agentId, definition: { systemPrompt: 'Second' } });
    const refused = (version: number | null, percent: number) =>
      expect(setTraffic(ctx, { agentId, version, percent })).rejects;
    await refused(2, 10).toMatchObject({ code: 'conflict' });
    await refused(7, 10).toMatchObject({ code: 'not_found' });
    await refused(1, 100).toMatchObject({ code: 'invalid' });
    await refused(null, 10).toMatchObject({ code: 'invalid' });
    const whole = { livePercent: 100, splitVersion: null, splitPercent: 0 };
    for (const goesLive of [
      () => updateAgent(ctx, { agentId, definition: { systemPrompt: `At ${newId()}` } }),
      () => rollBack(ctx, { agentId }),
      async () => {
        await saveDraft(ctx, { agentId, definition: { firstMessage: 'Hi' } });
        await publishVersion(ctx, { agentId });
      },
    ]) {
      await setTraffic(ctx, { agentId, version: 1, percent: 10 });
      // A new name is no new version.
      await updateAgent(ctx, { agentId, name: 'Desk' });
      expect(await getTraffic(ctx, { agentId })).toMatchObject({ livePercent: 90, splitVersion: 1 });
      await goesLive();
      expect(await getTraffic(ctx, { agentId })).toMatchObject(whole);
    }
  });
});

describe('variables', () => {
  test('are filled in everywhere, and what has no value stands with the call', async () => {
    await using t = await testContext();
    const { ctx } = await newPerson(t);
    const other = await newAgent(ctx, { name: 'Other' });
    const agent = await newAgent(ctx, {
      webSlug: 'desk',
      definition: {
        systemPrompt: 'You are {{who}}.',
        firstMessage: 'Hello {{name}}!',
        disclosure: '{{who}} is an AI.',
        idle: { prompts: ['Still there, {{name}}?'] },
        durationWarning: { beforeMs: 30_000, text: 'Soon over, {{name}}.' },
        endCallPhrases: ['bye {{who}}', '{{nothing}}'],
        transferTo: '{{desk}}',
        transferTargets: [{ name: 'Desk', number: '{{desk}}', description: 'of {{who}}' }],
        handoffTargets: [{ name: 'Other {{who}}', agentId: other.id, description: 'for {{who}}' }],
        functions: [
          { name: 'f', url: 'https://a.test/', description: 'Asks {{who}}', waitTexts: ['{{who}} looks.'] },
        ],
        recording: { policy: 'on', consentLine: '{{who}} records.' },
        voicemail: { action: 'leave_message', message: 'For {{name}}' },
        variables: { who: 'Ada', desk: '+12025550123' },
      },
    });
    const { call } = await startWebCall(t.anonymous, { agent: 'desk' });
    const { definition } = await getCallPlan(t.system(), { callId: call.id, epoch: 1 });
    expect(definition).toMatchObject({
      systemPrompt: 'You are Ada.',
      firstMessage: 'Hello !',
      disclosure: 'Ada is an AI.',
      idle: { prompts: ['Still there, ?'] },
      durationWarning: { text: 'Soon over, .' },
      endCallPhrases: ['bye Ada'],
      transferTo: '+12025550123',
      transferTargets: [{ name: 'Desk', number: '+12025550123', description: 'of Ada' }],
      handoffTargets: [{ name: 'Other Ada', description: 'for Ada' }],
      functions: [{ description: 'Asks Ada', waitTexts: ['Ada looks.'] }],
      recording: { consentLine: 'Ada records.' },
      voicemail: { message: 'For ' },
    });
    expect((await getCall(ctx, { callId: call.id })).call.missingVariables.toSorted()).toEqual([
      'name',
      'nothing',
    ]);
    const line = await newLine(t, ctx, agent.id);
    const placed = await placeCall(ctx, {
      fromNumber: line.e164,
      toNumber: '+14155559876',
      variables: { name: 'Ben', nothing: 'x' },
    });
    expect(placed.missingVariables).toEqual([]);
  });
});
