import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chatCompletions } from '../../adapters/chat-completions.ts';
import { inheritedEnv } from '../../platform/config.ts';
import type { Target } from '../../simulate/chat-client.ts';
import { keepDraft } from '../../simulate/keep-draft.ts';
import { type LoadedScenario, loadScenarios, ScenarioError } from '../../simulate/load-scenarios.ts';
import { terminalLines, totals } from '../../simulate/report.ts';
import { htmlPage } from '../../simulate/report-page.ts';
import { type PhoneTarget, runCall } from '../../simulate/run-call.ts';
import { runScenario } from '../../simulate/run-scenario.ts';
import { needsModel } from '../../simulate/scenario.ts';
import { exitCodeOf, simulate } from '../../simulate/simulate.ts';
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

type Vars = Readonly<Record<string, string | undefined>>;

const demoScenarios = fileURLToPath(new URL('../../simulate/scenarios', import.meta.url));

/** Plays scenarios against an agent of a running Trunkline. Answers the exit code (simulate.ts says which). */
export async function simulateCommand({
  paths,
  flags,
  output,
  env = inheritedEnv(),
}: {
  paths: readonly string[];
  flags: SimulateFlags;
  output: Output;
  env?: Vars;
}): Promise<number> {
  const scenarios = await load(paths.length === 0 ? [demoScenarios] : paths);
  const target = await versionedTarget(flags, env);
  const phone = flags.audio ? phoneOf(flags, target, env) : undefined;
  const model = scenarios.some(({ scenario }) => needsModel(scenario))
    ? chatCompletions(readWishes({}, env).env)
    : null;
  const nameWidth = Math.max(...scenarios.map(({ scenario }) => scenario.name.length));
  const report = await simulate(
    scenarios,
    phone ?? target,
    (scenario) =>
      phone === undefined ? runScenario(scenario, target, model) : runCall(scenario, phone, model),
    (result) => {
      for (const line of terminalLines(result, nameWidth)) output.line(line);
    },
  );
  output.line('');
  output.line(totals(report));
  if (flags.json !== undefined) writeFileSync(flags.json, `${JSON.stringify(report, null, 2)}\n`);
  if (flags.html !== undefined) writeFileSync(flags.html, htmlPage(report));
  return exitCodeOf(report);
}

async function load(paths: readonly string[]): Promise<LoadedScenario[]> {
  try {
    return await loadScenarios(paths);
  } catch (error) {
    throw error instanceof ScenarioError ? new CliError(error.message) : error;
  }
}

/** `--agent-version draft`: the draft is kept as a version first, the same one as long as it is not changed. */
async function versionedTarget(flags: SimulateFlags, env: Vars): Promise<Target> {
  if (flags.version !== 'draft') return targetOf(flags, env);
  if (flags.number !== undefined && flags.agent === undefined)
    throw new CliError('--agent-version draft needs --agent: whose draft it is.');
  const target = targetOf({ ...flags, version: undefined }, env);
  const version = await keepDraft(target).catch((error: unknown) => {
    throw new CliError(error instanceof Error ? error.message : String(error));
  });
  return { ...target, version };
}

/** What is not said is taken from the Trunkline that runs on the data folder. */
function targetOf({ data, url, key, agent, version }: SimulateFlags, env: Vars): Target {
  const { dataDir } = readWishes({ data, port: undefined }, env);
  const run = readRunFile(dataDir);
  const need = (what: string, given: string | null | undefined): string => {
    if (given) return given;
    throw new CliError(`No Trunkline runs on ${dataDir}: start it, or say ${what}.`);
  };
  const number = version === undefined ? undefined : Number(version);
  if (number !== undefined && !(Number.isInteger(number) && number >= 1))
    throw new CliError(`--agent-version must be a number from 1 on or "draft", not "${version}".`);
  return {
    url: need('--url', url ?? run?.url),
    apiKey: need('--key', key ?? run?.apiKey),
    agentId: need('--agent', agent ?? run?.demo?.agentId),
    version: number,
  };
}

/** Who is called, and who lends the caller a voice: the Trunkline that runs on the data folder. */
function phoneOf({ data, number, agent }: SimulateFlags, target: Target, env: Vars): PhoneTarget {
  const { dataDir } = readWishes({ data, port: undefined }, env);
  const run = readRunFile(dataDir);
  const to = number ?? run?.demo?.number;
  if (!run?.sip || !run.speechUrl || to === undefined)
    throw new CliError(
      `--audio needs a Trunkline that runs on ${dataDir} with phone calls and local speech.`,
    );
  // Whoever names a number and no agent means the agent of that number.
  const agentId = number !== undefined && agent === undefined ? undefined : target.agentId;
  const { url, apiKey, version } = target;
  return { url, apiKey, version, agentId, sip: run.sip, number: to, speechUrl: run.speechUrl };
}
