import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/harness/longest-first.ts';

const outside = ['**/node_modules/**', '**/dist/**', '**/.trunkline*/**'];
/** Rules about the source itself: no server, seconds. */
const house = ['test/architecture.test.ts'];
const folders = (...kinds: string[]) => kinds.map((kind) => `test/${kind}/**/*.test.ts`);
/** Looks at what the wire tests have seen, so it comes after them. */
const afterWire = ['test/wire/statuses.test.ts'];
/** Of the calls, one that mostly waits in line. */
const waiting = 'test/voice/full-house.test.ts';
/** Tests that start real servers. */
const servers = [
  ...folders('worker'),
  'test/sip/{capture,dial,sync,transfer}.test.ts',
  'test/jobs/{campaign-recovery,extract,outbox,pacer,process}.test.ts',
  'test/cli/{checks,doctor,simulate-campaign,start}.test.ts',
  'test/speech/{deepgram,elevenlabs,livekit-plugins,openai,process}.test.ts',
  'test/harness/livekit.test.ts',
  waiting,
];
/** What needs the processor for itself: faults timed in real time. One file at a time. */
const alone = ['test/faults/{fault-table,real-gateway}.test.ts'];
/** Six calls at once and more by itself: with another file beside it words are misheard. */
const crowded = ['test/voice/{phone-in,ten-at-once,campaign}.test.ts'];
/**
 * Calls, most of them to one product that they share: speech in real time, so no more than two files at a time, or they
 * starve each other.
 */
const calls = folders('voice', 'faults');

/** What is waited for comes when it comes: a second, the usual, is nothing on a busy machine. */
const polls = { expect: { poll: { timeout: 20_000 } } };
const patient = { ...polls, testTimeout: 180_000, hookTimeout: 300_000 };
const diary = ['test/harness/diary.ts'];
const globalSetup = ['test/harness/global-setup.ts'];

/** The groups run one after the other, so that nothing else is on the machine while there are calls. */
export default defineConfig(({ mode }) => ({
  test: {
    sequence: { sequencer: LongestFirst },
    globalSetup: ['test/harness/observed-statuses-setup.ts'],
    projects: [
      { test: { name: 'house', include: house, sequence: { groupOrder: 0 } } },
      {
        test: {
          name: 'unit',
          include: ['**/*.test.ts'],
          exclude: [...outside, ...house, ...afterWire, ...servers, ...alone, ...calls],
          globalSetup,
          // `npm run test:fuzz`
          provide: { fuzz: mode === 'deep' ? 'deep' : 'small' },
          ...polls,
          testTimeout: 30_000,
          hookTimeout: 60_000,
          maxWorkers: 4,
          // Their files share what they import: loading it anew for each took as long as the tests.
          isolate: false,
          sequence: { groupOrder: 1 },
        },
      },
      { test: { name: 'statuses', include: afterWire, globalSetup, sequence: { groupOrder: 2 } } },
      {
        test: {
          name: 'servers',
          include: servers,
          globalSetup,
          ...patient,
          maxWorkers: 3,
          sequence: { groupOrder: 3 },
        },
      },
      {
        test: {
          name: 'calls',
          include: calls,
          exclude: [...outside, ...alone, ...crowded, waiting],
          globalSetup: ['test/harness/shared-product.ts'],
          ...patient,
          setupFiles: diary,
          maxWorkers: 2,
          maxConcurrency: 3,
          sequence: { groupOrder: 4 },
        },
      },
      {
        test: {
          name: 'crowded',
          include: crowded,
          globalSetup: ['test/harness/shared-product.ts'],
          ...patient,
          setupFiles: diary,
          fileParallelism: false,
          maxConcurrency: 4,
          sequence: { groupOrder: 6 },
        },
      },
      {
        test: {
          name: 'alone',
          include: alone,
          ...patient,
          setupFiles: diary,
          fileParallelism: false,
          maxConcurrency: 6,
          sequence: { groupOrder: 5 },
        },
      },
    ],
  },
}));
