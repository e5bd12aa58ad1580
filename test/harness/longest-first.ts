import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Files that take longest, longest first. Started last, each would keep the others waiting at the end of its group; a
 * fresh checkout knows no durations, and goes by size.
 */
const long = [
  'test/worker/fleet.test.ts',
  'test/jobs/process.test.ts',
  'test/cli/start.test.ts',
  'test/voice/full-house.test.ts',
  'test/worker/call.test.ts',
  'test/sip/dial.test.ts',
  'test/wire/operator/roles.test.ts',
  'test/wire/operator/process.test.ts',
  'test/fuzz/openapi.test.ts',
  'test/worker/manners.test.ts',
  'test/worker/tools.test.ts',
  'test/integration/knowledge.test.ts',
  'test/integration/knowledge-search.test.ts',
  'test/harness/softphone.test.ts',
  'test/voice/transfer.test.ts',
  'test/faults/kill.test.ts',
  'test/faults/campaign.test.ts',
  'test/voice/put-through.test.ts',
  'test/voice/voicemail.test.ts',
  'test/voice/web.test.ts',
  'test/voice/live-control.test.ts',
  'test/voice/barge-in.test.ts',
  'test/voice/phone-out.test.ts',
];

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const at = long.findIndex((file) => moduleId.endsWith(file));
      return at < 0 ? long.length : at;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}
