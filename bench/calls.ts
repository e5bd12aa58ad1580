import { setTimeout as sleep } from 'node:timers/promises';
import { speak } from '../simulate/audio/speak.ts';
import { Softphone } from '../simulate/softphone/softphone.ts';
import { startProduct } from '../test/harness/product.ts';
import { startBaseline } from './calls/baseline.ts';
import { type Figures, measure } from './calls/measure.ts';
import { productTarget } from './calls/product-target.ts';
import { benchOptions, firstStartMs, median, percentile, printTable, type Row, writeJson } from './kit.ts';

/**
 * Real calls over SIP and RTP to the product and to the plain agents-js sample, in one run on the same LiveKit and the
 * same speech gateway. Needs no argument; `--quick` makes fewer calls, `--json FILE` writes the figures.
 */
const options = benchOptions();
const calls = options.quick ? 2 : 5;
const burst = options.quick ? 4 : 8;

console.log('Starting the product …');
await using product = await startProduct({ onDisk: true, readyTimeoutMs: firstStartMs });
await using phone = await Softphone.listen({ user: 'caller' });
const question = (await speak({ speechUrl: product.speechUrl, text: 'What are your opening hours?' }))
  .samples;

console.log('Calling the product …');
const ours = await measure(productTarget(product), phone, { calls, burst, question });
await sleep(5_000);
console.log('Calling the baseline …');
const baseline = await startBaseline(product);
const theirs = await measure(baseline, phone, { calls, burst, question });
await baseline.stop();

printTable(`Calls (${calls} one by one, then ${burst} at once)`, rows(ours, theirs));
writeJson(options.json, 'calls', { product: ours, baseline: theirs });

function rows(a: Figures, b: Figures): Row[] {
  const pair = (
    figure: string,
    unit: string,
    of: (figures: Figures) => number,
    goal?: readonly [string, (product: number, baseline: number) => boolean],
  ): Row => {
    const [product, baselineValue] = [of(a), of(b)];
    return {
      figure,
      unit,
      product,
      baseline: baselineValue,
      ...(goal ? { goal: goal[0], met: goal[1](product, baselineValue) } : {}),
    };
  };
  const mebibyte = 1024 * 1024;
  return [
    pair('answer → first word, p50', 'ms', (f) => median(f.firstWordMs), ['≤ 200 ms', (x) => x <= 200]),
    pair('answer → first word, p95', 'ms', (f) => percentile(f.firstWordMs, 0.95)),
    pair('caller stops → reply heard, p50', 'ms', (f) => median(f.replyGapMs), [
      '≤ 0.7 ×',
      (x, y) => x <= 0.7 * y,
    ]),
    pair('caller stops → reply heard, p95', 'ms', (f) => percentile(f.replyGapMs, 0.95), [
      '≤ 0.7 ×',
      (x, y) => x <= 0.7 * y,
    ]),
    pair('caller interrupts → agent silent, p50', 'ms', (f) => median(f.bargeInMs), [
      '≤ 500 ms',
      (x) => x <= 500,
    ]),
    pair('caller interrupts → agent silent, p95', 'ms', (f) => percentile(f.bargeInMs, 0.95)),
    pair('burst: slowest answer', 'ms', (f) => Math.max(...f.burstAnswerMs), [
      '≤ 1200 ms',
      (x) => x <= 1_200,
    ]),
    pair('burst: median answer', 'ms', (f) => median(f.burstAnswerMs)),
    pair('burst: slowest first word', 'ms', (f) => Math.max(...f.burstFirstWordMs)),
    pair('memory per call', 'MiB', (f) => f.rssPerCallBytes / mebibyte, ['≤ 25 MiB', (x) => x <= 25]),
    pair('CPU per call', 'cores', (f) => f.corePerCall, ['≤ 0.1', (x) => x <= 0.1]),
  ];
}
