import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chatStream } from '../../adapters/chat-stream.ts';
import { simulateCommand } from '../../cli/commands/simulate.ts';
import { demoDefinition } from '../../cli/demo-agent.ts';
import { createAgent, listVersions, saveDraft, updateAgent } from '../../core/agents/index.ts';
import { createApiKey } from '../../core/api-keys/index.ts';
import { loadScenarios } from '../../simulate/load-scenarios.ts';
import { runScenario } from '../../simulate/run-scenario.ts';
import { simulate } from '../../simulate/simulate.ts';
import { loadDialogues } from '../../speech/dialogue/load-dialogues.ts';
import type { Gateway } from '../../speech/gateway.ts';
import { type SpeechServer, startSpeechServer } from '../../speech/server.ts';
import { newPerson, type Person } from '../factories/people.ts';
import { type TestApp, testApp } from '../harness/app.ts';
import { chatServer } from '../harness/chat-server.ts';

const shipped = fileURLToPath(new URL('../../simulate/scenarios', import.meta.url));

let app: TestApp;
let speech: SpeechServer;
let ada: Person;
let target: { url: string; apiKey: string; agentId: string };
let folder: string;

/** The whole way of a chat over HTTP: API, database, the scripted model behind its own wire, the booking function. */
beforeAll(async () => {
  app = await testApp();
  // Only the dialogues are asked for; nobody listens and nobody speaks.
  const gateway = { dialogues: await loadDialogues(), log: app.t.services.log } as unknown as Gateway;
  speech = await startSpeechServer({ gateway, port: 0 });
  Object.assign(app.t.ports, {
    chatModel: chatStream({ SPEECH_URL: `http://127.0.0.1:${speech.port}` }),
    allowedHosts: [new URL(app.url).host],
  });
  ada = await newPerson(app.t);
  const agent = await createAgent(ada.ctx, { name: 'Harbor Dental', definition: demoDefinition(app.url) });
  const { key } = await createApiKey(ada.ctx, { name: 'simulations', role: 'member' });
  target = { url: app.url, apiKey: key, agentId: agent.id };
  folder = await mkdtemp(join(tmpdir(), 'trunkline-simulate-'));
});
afterAll(async () => {
  await speech?.close();
  await app?.[Symbol.asyncDispose]();
  if (folder) await rm(folder, { recursive: true, force: true });
});

async function scenarioFile(name: string, text: string): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, text);
  return file;
}

const lines: string[] = [];
const output = { line: (text: string) => void lines.push(text) } as unknown as Parameters<
  typeof simulateCommand
>[0]['output'];
const flags = () => ({ url: target.url, key: target.apiKey, agent: target.agentId });

test('the demo agent passes the ten scenarios that come with it', async () => {
  const scenarios = await loadScenarios([shipped]);
  expect(scenarios).toHaveLength(10);
  const report = await simulate(scenarios, target, (scenario) => runScenario(scenario, target));
  expect(report.results.filter(({ outcome }) => outcome !== 'passed')).toEqual([]);
  expect(report).toMatchObject({ passed: 10, failed: 0 });
});

describe('a scenario that does not hold', () => {
  test('fails with the place and the words, in the terminal, as JSON and as HTML, and with exit code 1', async () => {
    const file = await scenarioFile(
      'wrong.yaml',
      [
        'name: Wants <the moon>',
        'steps:',
        '  - say: When are you open?',
        '    expect: { said: [midnight], not_said: open, called: fly, within_ms: 0.001 }',
        'checks: { ended: true, disposition: completed, noted: { moon: full }, max_reply_ms: 0.001 }',
      ].join('\n'),
    );
    const [json, html] = [join(folder, 'report.json'), join(folder, 'report.html')];
    lines.length = 0;
    expect(await simulateCommand({ paths: [file], flags: { ...flags(), json, html }, output })).toBe(1);
    const told = lines.join('\n');
    for (const words of [
      '✗ Wants <the moon>',
      'step 1 (“When are you open?”): did not say “midnight”',
      'said “open”',
      'did not call fly',
      'more than 0.001',
      'the agent did not end it',
      'the disposition is abandoned, not completed',
      'did not note {"moon":"full"}',
      '0 passed, 1 failed',
    ])
      expect(told).toContain(words);
    const report = JSON.parse(await readFile(json, 'utf8'));
    expect(report).toMatchObject({ agentId: target.agentId, failed: 1, results: [{ outcome: 'failed' }] });
    const page = await readFile(html, 'utf8');
    expect(page).toContain('Wants &lt;the moon&gt;');
    expect(page).not.toContain('<the moon>');
  });

  test('of an agent that says nothing of the kind fails, and passes against the version that did', async () => {
    const agent = await createAgent(ada.ctx, { name: 'Twice', definition: demoDefinition(app.url) });
    await updateAgent(ada.ctx, {
      agentId: agent.id,
      definition: { llm: { model: 'scripted/assistant' } },
    });
    const file = await scenarioFile(
      'hours.yaml',
      'name: Hours\nsteps: [{ say: When are you open?, expect: { said: nine in the morning } }]',
    );
    const scenarios = await loadScenarios([file]);
    const run = (version?: number) => {
      const twice = { ...target, agentId: agent.id, version };
      return simulate(scenarios, twice, (scenario) => runScenario(scenario, twice));
    };
    expect(await run()).toMatchObject({ failed: 1 });
    expect(await run(1)).toMatchObject({ passed: 1 });
  });

  test('runs the draft of an agent, which no other call hears', async () => {
    const agent = await createAgent(ada.ctx, { name: 'Drafted', definition: demoDefinition(app.url) });
    const talksAs = (model: string) => ({ agentId: agent.id, definition: { llm: { model } } });
    await updateAgent(ada.ctx, talksAs('scripted/assistant'));
    await saveDraft(ada.ctx, talksAs('scripted/receptionist'));
    const file = await scenarioFile(
      'draft.yaml',
      'name: Hours\nsteps: [{ say: When are you open?, expect: { said: nine in the morning } }]',
    );
    const { key } = await createApiKey(ada.ctx, { name: 'developing', role: 'developer' });
    const run = (version?: string) =>
      simulateCommand({ paths: [file], flags: { ...flags(), key, agent: agent.id, version }, output });
    expect(await run()).toBe(1);
    expect([await run('draft'), await run('draft'), await run('3')]).toEqual([0, 0, 0]);
    expect(await run()).toBe(1);
    expect((await listVersions(ada.ctx, { agentId: agent.id })).map(({ version }) => version)).toEqual([
      3, 2, 1,
    ]);
    const refused = simulateCommand({
      ...{ paths: [file], output },
      flags: { ...flags(), agent: agent.id, version: 'draft' },
    });
    await expect(refused).rejects.toThrow('403');
  });
});

describe('a caller who is played by a model', () => {
  const buyer = [
    'name: Wants the opening hours',
    'persona: Nora, who works late',
    'goal: to learn until when the practice is open on weekdays',
    'max_turns: 3',
    'checks:',
    '  said: six in the evening',
    '  judge:',
    '    - Did the agent say when it closes?',
    '    - { ask: Did the agent promise an appointment?, want: no }',
  ].join('\n');
  const move = (say: string, state: string, reason = '') => ({ say: JSON.stringify({ say, state, reason }) });
  const verdict = (answer: string, reason: string) => ({ say: JSON.stringify({ answer, reason }) });

  async function played(text: string, script: Parameters<typeof chatServer>[0]) {
    await using server = await chatServer(script);
    const file = await scenarioFile('played.yaml', text);
    const json = join(folder, 'played.json');
    lines.length = 0;
    const env = { OPENAI_BASE_URL: server.url };
    const code = await simulateCommand({ paths: [file], flags: { ...flags(), json }, output, env });
    const { results } = JSON.parse(await readFile(json, 'utf8'));
    return { code, result: results[0], told: lines.join('\n'), requests: server.requests };
  }

  test('says what the model makes up of persona, goal and conversation, and goes when the goal is met', async () => {
    const { code, result, told, requests } = await played(buyer, [
      move('When are you open?', 'going_on'),
      move('Thank you, that helps.', 'met', 'It closes at six.'),
      verdict('yes', 'It said six in the evening.'),
      verdict('no', 'Nobody asked for one.'),
    ]);
    expect([code, result.failures]).toEqual([0, []]);
    expect(result.goal).toEqual({ state: 'met', reason: 'It closes at six.' });
    expect(result.turns.map(({ role }: { role: string }) => role)).toEqual([
      ...['agent', 'caller', 'agent', 'caller', 'agent'],
    ]);
    expect(told).toContain('goal met: It closes at six.');
    expect(told).toContain('Did the agent say when it closes? yes: It said six in the evening.');
    const [first, second, third] = requests.map(({ messages }) => messages);
    expect(first[0].content).toContain('Nora, who works late');
    expect(first[0].content).toContain('until when the practice is open');
    expect(first[1].content).toContain('Agent: Hello, thank you for calling Harbor Dental.');
    expect(second[1].content).toContain('You: When are you open?\nAgent: We are open');
    expect(third[1].content).toContain('caller: Thank you, that helps.');
    expect(third[1].content).toContain('The question: Did the agent say when it closes?');
  });

  test('fails with the reason when the judge or the caller is not content', async () => {
    const { code, result } = await played(buyer, [
      move('Can I come at night?', 'going_on'),
      move('Never mind.', 'given_up', 'It did not understand me.'),
      verdict('no', 'It named no time.'),
      verdict('no', ''),
    ]);
    expect(code).toBe(1);
    expect(result.failures).toEqual([
      'did not say “six in the evening”',
      'the goal was to be met, and is given_up: It did not understand me.',
      'the judge says no to “Did the agent say when it closes?”: It named no time.',
    ]);
  });

  test('speaks no more often than it may, and asks the model again after an answer of another form', async () => {
    const text = buyer.slice(0, buyer.indexOf('checks:'));
    const { result, requests } = await played(text, [
      { say: 'Sure! I will say hello.' },
      move('Hm?', 'going_on'),
    ]);
    expect(result.goal).toEqual({ state: 'too_long', reason: 'it was not settled in 3 turns' });
    expect(result.failures).toEqual([
      'the goal was to be met, and is too_long: it was not settled in 3 turns',
    ]);
    expect(requests).toHaveLength(4);
    expect(requests[1].messages.at(-1).content).toContain('it is not JSON');
  });

  test('knows how it stands when the agent has ended the conversation', async () => {
    const text = buyer.slice(0, buyer.indexOf('checks:'));
    const { code, result, requests } = await played(text, [
      move('When are you open? Goodbye!', 'going_on'),
      move('Bye bye.', 'going_on'),
      move('', 'met', 'It had said so.'),
    ]);
    expect([code, result.goal?.state]).toEqual([0, 'met']);
    expect(requests.at(-1).messages[1].content).toContain('has ended the conversation');
  });

  test('fails when the model does not answer', async () => {
    const { code, result } = await played(buyer, [{ status: 401, message: 'wrong key' }]);
    expect(code).toBe(1);
    expect(result.failures).toEqual([expect.stringContaining('wrong key')]);
  });

  test('is reported as not run where there is no model, with exit code 3, or 1 when something else failed', async () => {
    const play = await scenarioFile('play.yaml', buyer);
    const judged = await scenarioFile(
      'judged.yaml',
      'name: Judged\nsteps: [{ say: Hi }]\nchecks: { judge: Was the agent polite? }',
    );
    const wrong = await scenarioFile('moon.yaml', 'name: Moon\nsteps: [{ say: Hi, expect: { said: moon } }]');
    const [json, html] = [join(folder, 'not-run.json'), join(folder, 'not-run.html')];
    const run = (...paths: string[]) =>
      simulateCommand({ paths, flags: { ...flags(), json, html }, output, env: {} });
    lines.length = 0;
    expect(await run(play, judged)).toBe(3);
    expect(lines.join('\n')).toContain('not run: it needs a language model: set OPENAI_API_KEY');
    expect(lines.at(-1)).toBe('0 passed, 0 failed, 2 not run');
    expect(JSON.parse(await readFile(json, 'utf8'))).toMatchObject({
      ...{ passed: 0, failed: 0, notRun: 2 },
      results: [{ outcome: 'not_run', turns: [] }, { outcome: 'not_run' }],
    });
    expect(await readFile(html, 'utf8')).toContain('0 failed, 2 not run');
    expect(await run(play, wrong)).toBe(1);
  });
});

describe('files that are no scenarios', () => {
  test.each([
    ['name: [', 'is no YAML'],
    ['name: Nobody says anything', 'steps'],
    ['{"name": "x", "persona": "Nora"}', 'a persona and a goal'],
    ['{"name": "x", "steps": [{"shout": "hello"}]}', 'steps'],
    ['name: x\nsteps: [{ say: hi }]\nchecks: { sayd: hi }', 'sayd'],
  ])('%j are named with what is wrong', async (text, words) => {
    const file = await scenarioFile('bad.yaml', text);
    await expect(simulateCommand({ paths: [file], flags: flags(), output })).rejects.toThrow(words);
    await expect(simulateCommand({ paths: [file], flags: flags(), output })).rejects.toThrow(file);
  });

  test('a folder without any and a path that is not there are said', async () => {
    const missing = join(folder, 'nowhere');
    await expect(simulateCommand({ paths: [missing], flags: flags(), output })).rejects.toThrow('not there');
  });

  test('without a running Trunkline and without --url it is said what to do', async () => {
    await expect(simulateCommand({ paths: [], flags: { data: folder }, output })).rejects.toThrow('start it');
  });
});
