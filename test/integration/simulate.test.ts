import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { simulateCommand } from '../../cli/commands/simulate.ts';
import { demoDefinition } from '../../cli/demo-agent.ts';
import { createAgent, updateAgent } from '../../core/agents/index.ts';
import { createApiKey } from '../../core/api-keys/index.ts';
import { chatStream } from '../../jobs/adapters/chat-stream.ts';
import { loadScenarios } from '../../simulate/load-scenarios.ts';
import { runScenario } from '../../simulate/run-scenario.ts';
import { simulate } from '../../simulate/simulate.ts';
import { loadDialogues } from '../../speech/dialogue/load-dialogues.ts';
import type { Gateway } from '../../speech/gateway.ts';
import { type SpeechServer, startSpeechServer } from '../../speech/server.ts';
import { newPerson, type Person } from '../factories/people.ts';
import { type TestApp, testApp } from '../harness/app.ts';

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
  expect(report.results.filter(({ passed }) => !passed)).toEqual([]);
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
    expect(report).toMatchObject({ agentId: target.agentId, failed: 1, results: [{ passed: false }] });
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
});

describe('files that are no scenarios', () => {
  test.each([
    ['name: [', 'is no YAML'],
    ['name: Nobody says anything', 'steps'],
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
