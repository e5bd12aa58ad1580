import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolveSchemathesis } from '../../cli/embedded/schemathesis.ts';

/** How much is asked. */
export interface Budget {
  readonly phases: readonly ('coverage' | 'fuzzing' | 'stateful')[];
  /** Requests made up for each operation by the phase `fuzzing`. */
  readonly maxExamples: number;
  /** Null: always the same requests. */
  readonly seed: number | null;
}

/** One operation to ask, and how. */
export interface Asked {
  readonly operationId: string;
  /** Credentials. */
  readonly headers: Readonly<Record<string, string>>;
  /** Parameters with a value that means something here: `path.id`, `query.agent_id`, `body.number`. */
  readonly known: Readonly<Record<string, string>>;
}

interface FuzzRun extends Budget {
  readonly url: string;
  readonly asked: readonly Asked[];
}

const excludedChecks = [
  // Which numbers there are, that an end comes after its start: no schema says it, and 400 is right.
  'positive_data_acceptance',
  // A workspace that was just made is there once somebody switches to it, and for keys never.
  'ensure_resource_availability',
  // It spoils the credentials and forgets those in the header; the run without any finds what is open.
  'ignored_auth',
];

/**
 * Has schemathesis ask a running server for what its document promises. Resolves with what it found, in its own words
 * and with a curl command each; with '' when there is nothing. Throws when it could not work.
 */
export async function fuzz(run: FuzzRun): Promise<string> {
  const { command, args, env } = await resolveSchemathesis();
  const cwd = await mkdtemp(join(tmpdir(), 'trunkline-fuzz-'));
  try {
    await writeFile(join(cwd, 'schemathesis.toml'), configOf(run.asked));
    const child = spawn(command, [...args, 'run', `${run.url}/openapi.json`, ...optionsOf(run)], {
      ...{ cwd, env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const said: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes: Buffer) => said.push(bytes));
    const [code] = (await once(child, 'close')) as [number | null];
    const text = Buffer.concat(said).toString();
    if (code === 0 && /\d+ passed/.test(text)) return '';
    // 1 is for what it found. Anything else is a fuzzer that did not work.
    if (code === 1 && text.includes('Test cases:')) return text.slice(text.search(/=+ (FAILURES|ERRORS) =+/));
    throw new Error(`schemathesis ended with ${code}: ${text.slice(-4_000)}`);
  } finally {
    await rm(cwd, { recursive: true, force: true });
  }
}

const optionsOf = ({ phases, maxExamples, seed, asked }: FuzzRun): string[] => [
  ...['--no-color', '--continue-on-failure', '--request-timeout', '20'],
  ...['--phases', phases.join(','), '--max-examples', String(maxExamples)],
  ...(seed === null ? ['--generation-deterministic'] : ['--seed', String(seed)]),
  ...['--exclude-checks', excludedChecks.join(',')],
  ...asked.flatMap(({ operationId }) => ['--include-operation-id', operationId]),
];

/** TOML; its strings are written like those of JSON. */
function configOf(asked: readonly Asked[]): string {
  const quoted = (text: string) => JSON.stringify(text);
  const dictionaries: string[] = [];
  const operations = asked.map(({ operationId, headers, known }) => {
    const bindings = Object.entries(known).map(([parameter, value]) => {
      const name = `${operationId}-${dictionaries.length}`;
      dictionaries.push(`[dictionaries.${quoted(name)}]`, `values = [${quoted(value)}]`);
      return `${quoted(parameter)} = { dictionary = ${quoted(name)}, probability = 0.8 }`;
    });
    return [
      ...['[[operations]]', `include-operation-id = ${quoted(operationId)}`, '[operations.headers]'],
      ...Object.entries(headers).map(([name, value]) => `${quoted(name)} = ${quoted(value)}`),
      ...['[operations.parameters]', ...bindings],
    ];
  });
  return [
    // How long something takes to make up is no reason to fail.
    'suppress-health-check = ["all"]',
    'warnings = false',
    '[generation]',
    'with-security-parameters = false',
    'database = "none"',
    // The callers are ours: it would sign up on its own.
    '[auth]',
    'auto-signup = false',
    // The credentials live as long as the test.
    '[output.sanitization]',
    'enabled = false',
    ...dictionaries,
    ...operations.flat(),
  ].join('\n');
}
