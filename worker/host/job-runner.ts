import { JobContext, type JobProcess, type RunningJobInfo, runWithJobContextAsync } from '@livekit/agents';
import type { Job, JobAssignment } from '@livekit/protocol';
import { Room } from '@livekit/rtc-node';
import type { Config } from '../../platform/config.ts';
import { entry } from '../session/entry.ts';
import type { CallHost } from '../session/host.ts';
import type { Ending } from '../session/outcome.ts';
import type { Acceptance } from './acceptance.ts';
import { inferenceExecutor } from './inference.ts';

interface Assigned {
  readonly job: Job;
  readonly assignment: JobAssignment;
  readonly acceptance: Acceptance;
  readonly workerId: string;
}

/**
 * Runs one job inside this process, the way the framework's job process does: a room, a job context, and everything
 * of the call within that context, so that the plugins find it. Resolves when the call is over.
 */
export async function runJob(
  { job, assignment, acceptance, workerId }: Assigned,
  proc: JobProcess,
  livekit: Config['livekit'],
  host: CallHost,
): Promise<Ending> {
  const info: RunningJobInfo = {
    acceptArguments: { ...acceptance, metadata: '' },
    job: job as RunningJobInfo['job'],
    url: assignment.url || livekit.url,
    token: assignment.token,
    workerId,
    apiKey: livekit.apiKey,
    apiSecret: livekit.apiSecret,
  };
  const ignore = () => undefined;
  const ctx = new JobContext(proc, info, new Room(), ignore, ignore, inferenceExecutor);
  return await runWithJobContextAsync(ctx, () => entry(ctx, host));
}
