import { describe, expect, test } from 'vitest';
import {
  checkAgent,
  createAgent,
  deleteAgent,
  getDraft,
  publishVersion,
  saveDraft,
  updateAgent,
} from '../../core/agents/index.ts';
import { agentVersions } from '../../db/schema/agent-versions.ts';
import { newAgent } from '../factories/lines.ts';
import { newPerson } from '../factories/people.ts';
import { testContext } from '../harness/context.ts';

const fn = (fields: object) => ({ name: 'look', url: 'https://shop.test/look', ...fields });

describe('validation', () => {
  test('an agent that cannot work is refused when saved, with every reason', async () => {
    await using t = await testContext();
    const { ctx } = await newPerson(t);
    t.ports.voicesOf.set('elevenlabs', ['joe', 'amy']);
    const definition = {
      tts: { voice: 'bob', fallbacks: [{ provider: 'elevenlabs', voice: 'eve' }] },
      llm: { fallbacks: [{ provider: 'hal' }] },
      transferTo: 'the front desk',
      transferTargets: [
        { name: 'Desk', number: '+12025550123' },
        { name: 'desk', number: 'sip:desk@harbor.test' },
      ],
      handoffTargets: [
        { name: 'Billing', agentId: '0198f3c0-0000-7000-8000-000000000001' },
        { name: 'billing', agentId: '0198f3c0-0000-7000-8000-000000000002' },
      ],
      voicemail: { action: 'leave_message' as const },
      maxCallDurationMs: 60_000,
      durationWarning: { beforeMs: 60_000 },
      functions: [
        { name: 'f', url: 'https://a.test/' },
        { name: 'f', url: 'https://b.test/' },
      ],
      analysis: { schema: { type: 'object', properties: { a: { type: 'string', pattern: '(a+)+$' } } } },
    };
    const refusal = await createAgent(ctx, { name: 'A', definition }).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'invalid' });
    const { fields } = refusal as { fields: { path: string; message: string }[] };
    expect(fields.map(({ path }) => path.replace('definition.', '')).sort()).toEqual([
      'analysis.schema',
      'durationWarning.beforeMs',
      'functions.1.name',
      'handoffTargets.0',
      'handoffTargets.1',
      'handoffTargets.1.name',
      'llm.fallbacks.0.provider',
      'transferTargets.1.name',
      'transferTo',
      'tts.fallbacks.0.voice',
      'tts.voice',
      'voicemail.message',
    ]);
    expect(fields.find(({ path }) => path.endsWith('tts.voice'))?.message).toBe(
      'elevenlabs has no voice "bob"; it has joe, amy',
    );
    const agent = await newAgent(ctx);
    await expect(
      updateAgent(ctx, { agentId: agent.id, definition: { tts: { voice: 'bob' } } }),
    ).rejects.toMatchObject({ code: 'invalid', fields: [{ path: 'definition.tts.voice' }] });
    await saveDraft(ctx, { agentId: agent.id, definition: { tts: { voice: 'bob' } } });
    expect((await getDraft(ctx, { agentId: agent.id }))?.errors).toMatchObject([{ path: 'tts.voice' }]);
    await expect(publishVersion(ctx, { agentId: agent.id })).rejects.toMatchObject({ code: 'invalid' });
  });

  test('a provider that is away costs a warning and not the save', async () => {
    await using t = await testContext();
    const { ctx } = await newPerson(t);
    t.ports.voicesOf.set('elevenlabs', new Error('ElevenLabs did not answer within 3000 ms'));
    const agent = await newAgent(ctx, { definition: { systemPrompt: 'Hi', tts: { voice: 'bob' } } });
    const check = await checkAgent(ctx, { agentId: agent.id });
    expect(check).toEqual({
      errors: [],
      warnings: [
        {
          path: 'tts.voice',
          message: 'the voice "bob" could not be checked: ElevenLabs did not answer within 3000 ms',
        },
      ],
    });
  });

  test('whoever speaks another language without a key is told that the speech gateway knows English only', async () => {
    await using t = await testContext();
    const { ctx } = await newPerson(t);
    const told = async (definition: object) => {
      const { id: agentId } = await newAgent(ctx, {
        definition: { systemPrompt: 'Hi', ...definition } as never,
      });
      const { warnings } = await checkAgent(ctx, { agentId });
      return warnings.map(({ path, message }) => `${path}: ${message}`);
    };
    expect(await told({ language: 'de-DE' })).toEqual([]);
    for (const name of ['stt deepgram', 'tts elevenlabs']) t.ports.withoutKey.add(name);
    const gateway = 'is set in this installation: the speech gateway';
    expect(await told({ language: 'de-DE' })).toEqual([
      `stt.provider: no key of deepgram ${gateway} listens, and knows English only`,
      `tts.provider: no key of elevenlabs ${gateway} speaks, and knows English only`,
    ]);
    expect(await told({ language: 'en-GB' })).toEqual([]);
    const other = {
      language: 'de-DE',
      stt: { fallbacks: [{ provider: 'openai' }] },
      tts: { provider: 'local' },
    };
    expect(await told(other)).toEqual(['tts.provider: the speech gateway speaks, and knows English only']);
  });

  test('what is unwise is said and saved', async () => {
    await using t = await testContext();
    const { ctx } = await newPerson(t);
    const { id: agentId } = await newAgent(ctx, {
      definition: {
        firstMessage: 'Hi {{name}}',
        idle: { prompts: ['Hello?'], promptAfterMs: 20_000, hangUpAfterMs: 10_000 },
        recording: { policy: 'on' },
        durationWarning: { beforeMs: 10_000 },
        endCallPhrases: ['Goodbye', '…'],
        variables: { ' town ': 'Kiel', time_zone: 'Mars/Olympus' },
        tts: { provider: 'local', voice: 'amy' },
        turns: { endpointingMinMs: 900, endpointingMaxMs: 800 },
        functions: [
          fn({
            parameters: { type: 'object', properties: { zip: { type: 'string', pattern: '^[0-9]+$' } } },
          }),
          fn({ name: 'buy', url: 'https://shop.test/{{shop}}' }),
        ],
      },
    });
    const { errors, warnings } = await checkAgent(ctx, { agentId });
    expect(errors).toEqual([]);
    expect(warnings.map(({ path }) => path).sort()).toEqual([
      'durationWarning.text',
      'endCallPhrases.1',
      'functions.0.parameters',
      'functions.1',
      'idle.hangUpAfterMs',
      'recording.consentLine',
      'systemPrompt',
      'tts.voice',
      'turns.endpointingMaxMs',
      'variables',
      'variables. town ',
      'variables.time_zone',
    ]);
  });

  test.each([
    [
      { functions: [fn({ parameters: { type: 'array' } })] },
      'functions.0.parameters',
      'must describe an object',
    ],
    [
      { functions: [fn({ parameters: { type: 'object', properties: ['zip'] } })] },
      ...(['functions.0.parameters', '"properties" must be an object'] as const),
    ],
    [
      { functions: [fn({ parameters: { properties: { zip: { type: 'text' } } } })] },
      ...(['functions.0.parameters', 'the type of "properties.zip" is "text"; there are string,'] as const),
    ],
    [
      { functions: [fn({ parameters: { properties: { zip: 'string' } } })] },
      ...(['functions.0.parameters', '"properties.zip" must be an object'] as const),
    ],
    [
      { language: 'de-DE', stt: { provider: 'local', fallbacks: [{ provider: 'local' }] } },
      ...(['stt.provider', 'understands English only, and the agent speaks de-DE'] as const),
    ],
  ])('%j is refused when saved', async (definition, path, words) => {
    await using t = await testContext();
    const { ctx } = await newPerson(t);
    await expect(createAgent(ctx, { name: 'A', definition })).rejects.toMatchObject({
      ...{
        code: 'invalid',
        fields: [{ path: `definition.${path}`, message: expect.stringContaining(words) }],
      },
    });
  });

  test('the local recogniser may stand in for one that understands the language', async () => {
    await using t = await testContext();
    const { ctx } = await newPerson(t);
    const stt = { provider: 'local', fallbacks: [{ provider: 'deepgram' }] };
    await createAgent(ctx, { name: 'A', definition: { language: 'de-DE', stt } });
  });

  test('whom a call is handed to must be an agent of the workspace, and the function for it be ours', async () => {
    await using t = await testContext();
    const { ctx } = await newPerson(t);
    const stranger = await newAgent((await newPerson(t)).ctx);
    const gone = await newAgent(ctx, { name: 'Gone' });
    await deleteAgent(ctx, { agentId: gone.id });
    const billing = await newAgent(ctx, { name: 'Billing' });
    const targets = [billing, stranger, gone].map(({ id, name }, index) => ({
      ...{ name: `${name} ${index}`, agentId: id },
    }));
    await expect(
      createAgent(ctx, {
        name: 'A',
        definition: { handoffTargets: targets, functions: [fn({ name: 'hand_off' })] },
      }),
    ).rejects.toMatchObject({
      fields: [
        { path: 'definition.functions.0.name' },
        { path: 'definition.handoffTargets.1' },
        { path: 'definition.handoffTargets.2' },
      ],
    });
    await createAgent(ctx, { name: 'B', definition: { functions: [fn({ name: 'hand_off' })] } });
  });
});

test('addresses that the guard would refuse are refused when saved, unless this installation allows them', async () => {
  await using t = await testContext();
  const { ctx } = await newPerson(t);
  const definition = {
    functions: [
      fn({ url: 'http://169.254.169.254/latest/meta-data' }),
      fn({ name: 'find', url: 'http://localhost:8080/find' }),
      fn({ name: 'list', url: 'https://[::1]/list' }),
      fn({ name: 'name', url: 'https://intern.shop.test/name' }),
    ],
    mcpServers: [{ name: 'crm', url: 'http://10.0.0.7/mcp' }],
    brain: { kind: 'webhook' as const, url: 'http://0x7f000001/words' },
  };
  const paths = async () => {
    const refusal = await createAgent(ctx, { name: 'A', definition }).catch((error: unknown) => error);
    return (refusal as { fields?: { path: string }[] }).fields?.map(({ path }) => path).sort();
  };
  expect(await paths()).toEqual([
    'definition.brain.url',
    'definition.functions.0.url',
    'definition.functions.1.url',
    'definition.functions.2.url',
    'definition.mcpServers.0.url',
  ]);
  t.ports.allowedHosts = ['169.254.169.254', 'localhost:8080', '::1:443', '10.0.0.7:80', '127.0.0.1'];
  expect(await paths()).toBeUndefined();
});

test('what no server could be asked with is refused when saved, by name; a version that has it is still read', async () => {
  await using t = await testContext();
  const { ctx } = await newPerson(t);
  const headers = {
    ...{ 'X-Key': 'a\tb ü', 'X Key': '1', 'X-Two': 'a\r\nX-Three: b', 'X-Price': '5 €' },
    ...{ Host: 'shop.test', 'content-length': '2', 'Transfer-Encoding': 'chunked', Connection: 'close' },
  };
  const definition = {
    functions: [fn({ url: 'https://ada:secret@shop.test/look', headers }), fn({ name: 'find', headers: {} })],
    mcpServers: [{ name: 'crm', url: 'https://ada@crm.test/mcp', headers: { Host: 'crm.test' } }],
    brain: { kind: 'webhook' as const, url: 'https://:secret@brain.test/' },
  };
  const refusal = await createAgent(ctx, { name: 'A', definition }).catch((error: unknown) => error);
  const { fields } = refusal as { fields: { path: string; message: string }[] };
  const credential = expect.stringMatching(/^holds a user name or password.*make a credential of kind basic/);
  const ours = 'is set for each request by itself; leave it out';
  const line = 'the value must be one line of plain characters';
  expect(Object.fromEntries(fields.map(({ path, message }) => [path, message]))).toEqual({
    'definition.brain.url': credential,
    'definition.functions.0.headers.Connection': ours,
    'definition.functions.0.headers.Host': ours,
    'definition.functions.0.headers.Transfer-Encoding': ours,
    'definition.functions.0.headers.X Key': expect.stringMatching(/^not the name of a header; write it with/),
    'definition.functions.0.headers.X-Price': line,
    'definition.functions.0.headers.X-Two': line,
    'definition.functions.0.headers.content-length': ours,
    'definition.functions.0.url': credential,
    'definition.mcpServers.0.headers.Host': ours,
    'definition.mcpServers.0.url': credential,
  });

  const agent = await newAgent(ctx, { definition: { functions: [fn({})] } });
  const functions = [fn({ url: 'https://ada:secret@shop.test/look' })];
  await t.db.update(agentVersions).set({ definition: { functions } });
  expect((await checkAgent(ctx, { agentId: agent.id })).errors).toMatchObject([{ path: 'functions.0.url' }]);
});

test('an agent that others hand callers over to is not deleted while they do', async () => {
  await using t = await testContext();
  const { ctx } = await newPerson(t);
  const billing = await newAgent(ctx);
  const targets = [{ name: 'Billing', agentId: billing.id }];
  const desk = await createAgent(ctx, { name: 'Desk', definition: { handoffTargets: targets } });
  await expect(deleteAgent(ctx, { agentId: billing.id })).rejects.toMatchObject({
    code: 'conflict',
    message: 'Agents hand callers over to it: Desk.',
  });
  await updateAgent(ctx, { agentId: desk.id, definition: { handoffTargets: [] } });
  await deleteAgent(ctx, { agentId: billing.id });
});
