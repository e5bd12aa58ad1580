import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Target } from '../../simulate/chat-client.ts';
import { type LoadedScenario, loadScenarios, ScenarioError } from '../../simulate/load-scenarios.ts';
import { htmlPage, terminalLines } from '../../simulate/report.ts';
import { type PhoneTarget, runCall } from '../../simulate/run-call.ts';
import { runScenario } from '../../simulate/run-scenario.ts';
import { simulate } from '../../simulate/simulate.ts';
import { CliError } from '../cli-error.ts';
import { readWishes } from '../environment.ts';
import { readRunFile } from '../instance.ts';
import type { Output } from '../output.ts';

export interface SimulateFlags {
  readonly data?: string | undefined;
  readonly url?: string | undefined;
  readonly key?: string | undefined;
  readonly agent?: string | undefined;
  readonly version?: string | undefined;
  readonly json?: string | undefined;
  readonly html?: string | undefined;
  /** As phone calls, with a voice, instead of in writing. */
  readonly audio?: boolean | undefined;
  readonly number?: string | undefined;
}

const demoScenarios = fileURLToPath(new URL('../../simulate/scenarios', import.meta.url));

/** Plays scenarios against an agent of a running Trunkline. Answers 0 when all of them passed. */
export async function simulateCommand({
  paths,
  flags,
  output,
}: {
  paths: readonly string[];
  flags: SimulateFlags;
  output: Output;
}): Promise<number> {
  const scenarios = await load(paths.length === 0 ? [demoScenarios] : paths);
  const target = targetOf(flags);
  const phone = flags.audio ? phoneOf(flags, target) : undefined;
  const report = await simulate(scenarios, target, (scenario) =>
    phone === undefined ? runScenario(scenario, target) : runCall(scenario, phone),
  );
  for (const line of terminalLines(report)) output.line(line);
  if (flags.json !== undefined) writeFileSync(flags.json, `${JSON.stringify(report, null, 2)}\n`);
  if (flags.html !== undefined) writeFileSync(flags.html, htmlPage(report));
  return report.failed === 0 ? 0 : 1;
}

async function load(paths: readonly string[]): Promise<LoadedScenario[]> {
  try {
    return await loadScenarios(paths);
  } catch (error) {
    throw error instanceof ScenarioError ? new CliError(error.message) : error;
  }
}

/** What is not said is taken from the Trunkline that runs on the data folder. */
function targetOf({ data, url, key, agent, version }: SimulateFlags): Target {
  const { dataDir } = readWishes({ data, port: undefined });
  const run = readRunFile(dataDir);
  const need = (what: string, given: string | null | undefined): string => {
    if (given) return given;
    throw new CliError(`No Trunkline runs on ${dataDir}: start it, or say ${what}.`);
  };
  const number = version === undefined ? undefined : Number(version);
  if (number !== undefined && !(Number.isInteger(number) && number >= 1))
    throw new CliError(`--agent-version must be a number from 1 on, not "${version}".`);
  return {
    url: need('--url', url ?? run?.url),
    apiKey: need('--key', key ?? run?.apiKey),
    agentId: need('--agent', agent ?? run?.demo?.agentId),
    version: number,
  };
}

/** Who is called, and who lends the caller a voice: the Trunkline that runs on the data folder. */
function phoneOf({ data, number, version }: SimulateFlags, { url, apiKey }: Target): PhoneTarget {
  if (version !== undefined)
    throw new CliError('A number leads to the live version; leave --agent-version out.');
  const { dataDir } = readWishes({ data, port: undefined });
  const run = readRunFile(dataDir);
  const to = number ?? run?.demo?.number;
  if (!run?.sip || !run.speechUrl || to === undefined)
    throw new CliError(
      `--audio needs a Trunkline that runs on ${dataDir} with phone calls and local speech.`,
    );
  return { url, apiKey, sip: run.sip, number: to, speechUrl: run.speechUrl };
}
