import { sentenceOf } from '../cli-error.ts';
import type { Wishes } from '../environment.ts';
import { readRunFile, runningPid } from '../instance.ts';
import { type Check, finding } from './finding.ts';

/** Whether Trunkline runs on this data folder, and whether it feels well. */
export const instanceCheck =
  ({ dataDir }: Wishes): Check =>
  async () => {
    const pid = runningPid(dataDir);
    if (pid === undefined) return [finding('off', 'Running', `nothing runs on ${dataDir}`)];
    const url = readRunFile(dataDir)?.url;
    if (!url) return [finding('warn', 'Running', `process ${pid} is still starting`)];
    try {
      const response = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(3_000) });
      return [
        response.ok
          ? finding('ok', 'Running', `${url}, ready`)
          : finding('bad', 'Running', `${url} says ${response.status}`, `See the logs in ${dataDir}/logs.`),
      ];
    } catch (error) {
      return [
        finding('bad', 'Running', `${url} does not answer (${sentenceOf(error)})`, `See ${dataDir}/logs.`),
      ];
    }
  };
