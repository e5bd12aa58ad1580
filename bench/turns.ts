import { setTimeout as sleep } from 'node:timers/promises';
import { speak } from '../simulate/audio/speak.ts';
import { SoftphoneTimeout } from '../simulate/softphone/listening.ts';
import { Softphone } from '../simulate/softphone/softphone.ts';
import { startProduct } from '../test/harness/product.ts';
import { startBaseline } from './calls/baseline.ts';
import { conversation } from './calls/conversation.ts';
import { productTarget } from './calls/product-target.ts';
import { benchOptions, firstStartMs, median, percentile, printTable, type Row, writeJson } from './kit.ts';
import { partsOf, type Turn } from './turns/parts.ts';

/**
 * What a caller waits for in a turn, and where it goes: the product and the plain agents-js sample in one run, on the
 * same LiveKit and the same speech gateway; then eight calls of the product that talk at once. Needs no argument;
 * `--quick` makes fewer calls, `--json FILE` writes the figures.
 */
const options = benchOptions();
const calls = options.quick ? 2 : 6;
const turns = 3;
const atOnce = options.quick ? 4 : 8;

console.log('Starting the product …');
await using product = await startProduct({ onDisk: true, readyTimeoutMs: firstStartMs });
await using phone = await Softphone.listen({ user: 'caller' });
const { samples: question } = await speak({
  speechUrl: product.speechUrl,
  text: 'What are your opening hours?',
});
const ours = productTarget(product);

/** As many conversations one after the other as asked for. One that comes to nothing is counted, and not measured. */
async function oneByOne(target: typeof ours) {
  const all: Awaited<ReturnType<typeof conversation>>[] = [];
  let failed = 0;
  for (let index = 0; index < calls; index++) {
    try {
      all.push(await conversation(target, phone, question, turns));
    } catch (error) {
      if (!(error instanceof SoftphoneTimeout)) throw error;
      failed++;
    }
    await sleep(1_500);
  }
  return {
    failed,
    firstWordMs: all.map(({ firstWord }) => firstWord),
    gapMs: all.flatMap(({ gaps }) => gaps),
    bargeInMs: all.map(({ bargeIn }) => bargeIn),
  };
}

// The first reply is rendered once, for whoever is called first: neither side is to pay for it.
console.log('Calling the product …');
await conversation(ours, phone, question, 1);
const begunAt = Date.now();
const product1 = await oneByOne(ours);
const alone = await partsOf(product, product1.gapMs, begunAt);
console.log(`Calling the product, ${atOnce} at once …`);
const since = Date.now();
const together = await Promise.all(
  // Nobody asks in the same instant as the next.
  Array.from({ length: atOnce }, async (_, index) => {
    await sleep(index * 700);
    return conversation(ours, phone, question, turns);
  }),
);
const busy = await partsOf(
  product,
  together.flatMap(({ gaps }) => gaps),
  since,
);
await sleep(5_000);
console.log('Calling the baseline …');
const baseline = await startBaseline(product);
await conversation(baseline, phone, question, 1).catch(() => undefined);
const theirs = await oneByOne(baseline);
await baseline.stop();

const row = (figure: string, value: number, other: number | null, goal?: [string, boolean]): Row => ({
  ...{ figure, unit: 'ms', product: value, baseline: other },
  ...(goal ? { goal: goal[0], met: goal[1] } : {}),
});
const p95 = (values: readonly number[]) => percentile(values, 0.95);
const part = (figure: string, of: (turn: Turn) => number): Row[] => [
  row(figure, median(alone.turns.map(of)), null),
  row(`  ${atOnce} at once`, median(busy.turns.map(of)), null),
];
const [ownAlone, ownBusy] = [alone.ownMs, busy.ownMs];
printTable(`Turns (${calls} calls of ${turns} turns one by one, then ${atOnce} at once)`, [
  row('caller stops → reply heard, p50', median(product1.gapMs), median(theirs.gapMs), [
    '≤ 0.6 ×',
    median(product1.gapMs) <= 0.6 * median(theirs.gapMs),
  ]),
  row('caller stops → reply heard, p95', p95(product1.gapMs), p95(theirs.gapMs), [
    '≤ 0.7 ×',
    p95(product1.gapMs) <= 0.7 * p95(theirs.gapMs),
  ]),
  row('answer → first word, p50', median(product1.firstWordMs), median(theirs.firstWordMs), [
    '≤ 150 ms',
    median(product1.firstWordMs) <= 150,
  ]),
  row('caller interrupts → agent silent, p50', median(product1.bargeInMs), median(theirs.bargeInMs), [
    '≤ 300 ms',
    median(product1.bargeInMs) <= 300,
  ]),
  {
    ...{ figure: 'calls that were not answered, or not to the end', unit: '' },
    ...{ product: product1.failed, baseline: theirs.failed, goal: '0', met: product1.failed === 0 },
  },
  ...part('engine: final transcript after the last word', ({ transcriptionMs }) => transcriptionMs),
  ...part('end of turn decided after the last word', ({ endOfTurnMs }) => endOfTurnMs),
  ...part('engine: first token', ({ llmFirstTokenMs }) => llmFirstTokenMs),
  ...part('engine: first sound', ({ ttsFirstByteMs }) => ttsFirstByteMs),
  ...part('last word → reply leaves the worker', ({ totalMs }) => totalMs),
  row('everything that is not an engine, p50', ownAlone, null),
  row(`  ${atOnce} at once`, ownBusy, null, ['< 1.3 × of alone', ownBusy < 1.3 * ownAlone]),
]);
writeJson(options.json, 'turns', { product: product1, baseline: theirs, alone, busy });
