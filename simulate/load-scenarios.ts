import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { type Scenario, scenario } from './scenario.ts';

export interface LoadedScenario {
  readonly file: string;
  readonly scenario: Scenario;
}

/** A file that is no scenario. The message names the file and what is wrong. */
export class ScenarioError extends Error {
  override readonly name = 'ScenarioError';
}

/** Scenarios of files and folders (*.yaml, *.yml, *.json), in the order of their names. Throws a ScenarioError. */
export async function loadScenarios(paths: readonly string[]): Promise<LoadedScenario[]> {
  const files = (await Promise.all(paths.map(filesAt))).flat();
  if (files.length === 0) throw new ScenarioError(`There are no scenarios in ${paths.join(', ')}.`);
  return Promise.all(files.map(async (file) => ({ file, scenario: await load(file) })));
}

async function filesAt(path: string): Promise<string[]> {
  const found = await stat(path).catch(() => null);
  if (found === null) throw new ScenarioError(`${path} is not there.`);
  if (!found.isDirectory()) return [path];
  const names = await readdir(path);
  return names
    .filter((name) => /\.(ya?ml|json)$/.test(name))
    .sort()
    .map((name) => join(path, name));
}

async function load(file: string): Promise<Scenario> {
  const text = await readFile(file, 'utf8');
  let content: unknown;
  try {
    // JSON is YAML.
    content = parse(text);
  } catch (error) {
    throw new ScenarioError(`${file} is no YAML: ${error instanceof Error ? error.message : String(error)}`);
  }
  const result = scenario.safeParse(content);
  if (result.success) return result.data;
  throw new ScenarioError(`${file} is no scenario:\n${z.prettifyError(result.error)}`);
}
