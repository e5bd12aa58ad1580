import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { simulateCampaignCommand } from '../../cli/commands/simulate-campaign.ts';
import type { Output } from '../../cli/output.ts';

let folder: string;
const said: string[] = [];
const output: Output = {
  line: (text = '') => void said.push(text),
  ...{ done: () => undefined, notice: () => undefined, warn: () => undefined, fail: () => undefined },
  progress: (_, run) => run(),
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trunkline-simulate-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('a campaign is simulated without a running Trunkline: file, flags over it, report, exit code 0', async () => {
  const [file, json] = [join(folder, 'campaign.yaml'), join(folder, 'report.json')];
  await writeFile(file, 'contacts: 500\nseed: lake\nzone: America/New_York\noutcomes: { human: 1 }\n');
  const code = await simulateCampaignCommand({
    file,
    flags: { contacts: '20', start: '2026-06-01T16:00:00Z', outcomes: 'human=0.5,busy=0.5', json },
    output,
  });
  expect(code).toBe(0);
  const report = JSON.parse(await readFile(json, 'utf8'));
  expect(report).toMatchObject({
    ...{ seed: 'lake', contacts: 20, status: 'finished', startedAt: '2026-06-01T16:00:00.000Z' },
    judged: { violations: [] },
  });
  expect(Object.keys(report.outcomes).sort()).toEqual(['busy', 'completed']);
  expect(said.join('\n')).toContain('nothing was against the rules');
  expect(said.join('\n')).toContain('--seed lake');
});

test.each([
  [{ contacts: 'many' }, /contacts/],
  [{ outcomes: 'human=0.5' }, /add up to 1/],
  [{ outcomes: 'ghost=1' }, /ghost/],
  [{ zone: 'Mars/Olympus' }, /no such time zone/],
  [{ start: 'soon' }, /--start/],
])('%o is refused before anything is started, with what is wrong', async (flags, message) => {
  await expect(simulateCampaignCommand({ file: undefined, flags, output })).rejects.toThrow(message);
});
