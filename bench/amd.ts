import { startTestGateway } from '../test/speech/speech-harness.ts';
import { type Heard, listen } from './amd/listen.ts';
import { type Line, render } from './amd/render.ts';
import { type Label, scripts } from './amd/scripts.ts';
import { benchOptions, median, percentile, writeJson } from './kit.ts';

/**
 * Who answered: how often the detector is right, and how soon it knows. The recordings are made here, by the local
 * voice and by sine waves, sent over a telephone line of ours, and heard by the local recogniser. Nothing is compared:
 * the framework's own detector needs a language model. Needs no argument; `--quick` takes one line instead of three.
 */
const options = benchOptions();
const lines: readonly Line[] = [
  { name: 'clean', gain: 1, noise: 0 },
  { name: 'quiet, noisy', gain: 0.35, noise: 60 },
  { name: 'loud, hissing', gain: 1.6, noise: 150 },
].slice(0, options.quick ? 1 : 3);
const labels: readonly Label[] = ['human', 'machine', 'ivr', 'screening'];
const verdicts = [...labels, 'uncertain'] as const;

await using speech = await startTestGateway();
const cases: { label: Label; line: string; text: string; heard: Heard }[] = [];
for (const line of lines)
  for (const script of scripts) {
    const samples = await render(speech.http, script, line);
    const text = script.parts.filter((part) => typeof part === 'string').join(' … ');
    cases.push({ label: script.label, line: line.name, text, heard: await listen(speech.http, samples) });
  }

console.log(`\nWho answered (${scripts.length} recordings over ${lines.length} lines)\n`);
console.log(['', ...verdicts, 'right', 'known after, p50', 'p95'].map((cell) => cell.padEnd(12)).join(''));
for (const label of labels) {
  const own = cases.filter((one) => one.label === label);
  const counts = verdicts.map((verdict) => own.filter(({ heard }) => heard.verdict === verdict).length);
  const right = own.filter(({ heard }) => heard.verdict === label);
  const times = right.map(({ heard }) => heard.atMs - heard.voiceAtMs);
  const cells = [
    label,
    ...counts,
    `${Math.round((100 * right.length) / own.length)} %`,
    `${Math.round(median(times))} ms`.padEnd(16),
    `${Math.round(percentile(times, 0.95))} ms`,
  ];
  console.log(cells.map((cell) => String(cell).padEnd(12)).join(''));
}
const talkedOver = cases.filter(({ label, heard }) => label !== 'human' && heard.first === 'human');
console.log(`\n${talkedOver.length} machines were first taken for people, and then corrected or not.`);
for (const { label, line, text, heard } of cases.filter((one) => one.heard.verdict !== one.label))
  console.log(`wrong: ${label} as ${heard.verdict} (${line}; ${heard.reasons.join(', ')}): ${text}`);
writeJson(options.json, 'amd', cases);
