import type { LoadedScenario } from './load-scenarios.ts';
import type { SimulationReport } from './report.ts';
import type { ScenarioResult } from './result.ts';
import type { Scenario } from './scenario.ts';

/**
 * Plays scenarios one after the other. `run`: in writing (run-scenario.ts) or by phone (run-call.ts). `onResult` hears
 * of each as it ends.
 */
export async function simulate(
  scenarios: readonly LoadedScenario[],
  agent: { readonly agentId?: string | undefined; readonly version?: number | undefined },
  run: (scenario: Scenario) => Promise<ScenarioResult>,
  onResult: (result: ScenarioResult) => void = () => undefined,
): Promise<SimulationReport> {
  const startedAt = new Date().toISOString();
  const results: ScenarioResult[] = [];
  for (const { scenario } of scenarios) {
    const result = await run(scenario);
    results.push(result);
    onResult(result);
  }
  const count = (wanted: ScenarioResult['outcome']) =>
    results.filter(({ outcome }) => outcome === wanted).length;
  return {
    agentId: agent.agentId ?? null,
    version: agent.version ?? null,
    ...{ startedAt, results },
    ...{ passed: count('passed'), failed: count('failed'), notRun: count('not_run') },
  };
}

/** 1: something did not hold. 3: nothing of what was run, but not everything was. 0: everything held. */
export const exitCodeOf = ({ failed, notRun }: SimulationReport): 0 | 1 | 3 =>
  failed > 0 ? 1 : notRun > 0 ? 3 : 0;
