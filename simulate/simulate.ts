import type { LoadedScenario } from './load-scenarios.ts';
import type { SimulationReport } from './report.ts';
import type { ScenarioResult } from './run-scenario.ts';
import type { Scenario } from './scenario.ts';

/** Plays scenarios one after the other. `run`: in writing (run-scenario.ts) or by phone (run-call.ts). */
export async function simulate(
  scenarios: readonly LoadedScenario[],
  agent: { readonly agentId: string; readonly version?: number | undefined },
  run: (scenario: Scenario) => Promise<ScenarioResult>,
): Promise<SimulationReport> {
  const startedAt = new Date().toISOString();
  const results: ScenarioResult[] = [];
  for (const { scenario } of scenarios) results.push(await run(scenario));
  const passed = results.filter((result) => result.passed).length;
  return {
    agentId: agent.agentId,
    version: agent.version ?? null,
    ...{ startedAt, passed, results },
    failed: results.length - passed,
  };
}
