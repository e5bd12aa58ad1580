import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { writeCallLog } from '../../simulate/softphone/call-log.ts';
import type { Softphone } from '../../simulate/softphone/softphone.ts';

/** Call once in a test file: after a failed test the logs of the phones land in the temporary folder. */
export function logCallsOfFailedTests(phones: () => readonly (Softphone | undefined)[]): void {
  afterEach(async ({ task }) => {
    if (task.result?.state !== 'fail') return;
    const stamp = new Date().toISOString().replaceAll(':', '-');
    const folder = join(tmpdir(), 'trunkline-call-logs', `${task.name.replace(/\W+/g, '-')}-${stamp}`);
    for (const [index, phone] of phones().entries()) {
      if (phone) await writeCallLog(join(folder, `phone-${index + 1}`), phone);
    }
    console.error(`What was on the wire: ${folder}`);
  });
}
