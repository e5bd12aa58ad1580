import { type ParseArgsConfig, parseArgs } from 'node:util';
import { CliError, sentenceOf } from './cli-error.ts';
import { onProductNode } from './on-product-node.ts';
import { consoleOutput } from './output.ts';

const usage = `Usage: trunkline COMMAND [options]

  start      bring the whole product up on this machine
  doctor     say what is found, missing or misconfigured, and how to fix it
  migrate    bring the database to this version's schema
  seed       make the admin, the demo agent and its number again where they are missing
  simulate   play scenario files against an agent of a running Trunkline
  simulate campaign   play a whole campaign on a virtual clock, and judge it
  judge      judge what campaigns have dialed again, from the ledger and the calls alone
  rebuild-reports   sum up all finished calls anew, in a running Trunkline
  test       run the tests (words after it go to vitest)
  version    print the version
  help       print this

Options of start, doctor, migrate and seed:
  --data DIR   data folder (default .trunkline)
  --port N     port of the API and the console (default 8080)
  --verbose    say how long each part took

Options of simulate [FILE or FOLDER …] (without one: the demo agent's own scenarios); exit code 1 when something
did not hold, 3 when something was not run for want of a language model:
  --data DIR            the running Trunkline to ask (default .trunkline), or
  --url URL --key KEY   another one, with an API key
  --agent ID            agent (default the demo agent)
  --agent-version N     a version of it (default the live one), or draft: the draft as it is now
  --audio               as phone calls with a voice, to --number N (default the demo agent's)
  --json FILE, --html FILE   write a report

Options of simulate campaign [FILE] (a campaign on a virtual clock; nobody is called):
  --contacts N, --slots N, --channels N, --cps N   people, agents, lines, calls per second
  --seed WORD, --start WHEN, --days N              what is drawn, when it begins, how long it may go on
  --zone ZONE           where everybody is (default all over the United States)
  --outcomes human=0.5,noAnswer=0.5                shares of busy, voicemail, screening, optOut too
  --json FILE           write a report
  --database            with every statement of the product, in a PostgreSQL of its own: the same figures, slower by far

Options of judge (exit code 1 when anything was against the rules):
  --from WHEN, --to WHEN         2026-03-01 or 2026-03-01T12:00:00Z (default: everything so far)
  --workspace ID, --campaign ID  only these
  --json                         a line of JSON for each violation, then the totals

Every other setting is an environment variable; .env.example lists them all.`;

/** Runs one command. The process ends with the command's exit code, or with 1 and one sentence. */
export async function runCli(args: readonly string[]): Promise<void> {
  const output = consoleOutput();
  try {
    process.exit(await dispatch(args, output));
  } catch (error) {
    output.fail(sentenceOf(error));
    process.exit(1);
  }
}

async function dispatch(args: readonly string[], output: ReturnType<typeof consoleOutput>): Promise<number> {
  const [given = 'help', ...rest] = args;
  // What goes to the test runner is its own.
  const asksForHelp = given !== 'test' && rest.some((arg) => arg === '--help' || arg === '-h');
  const command = asksForHelp ? 'help' : given;
  if (command === 'judge' || (command === 'simulate' && rest[0] === 'campaign')) {
    const code = await onProductNode(args);
    if (code !== null) return code;
  }
  switch (command) {
    case 'start': {
      const { start } = await import('./commands/start.ts');
      const { verbose, ...flags } = readFlags(command, rest, startOptions);
      return start({ flags, verbose, output });
    }
    case 'doctor': {
      const { doctor } = await import('./commands/doctor.ts');
      return doctor({ flags: readFlags(command, rest, startOptions), output });
    }
    case 'migrate':
    case 'seed': {
      const { migrateCommand, seedCommand } = await import('./commands/database.ts');
      const run = command === 'migrate' ? migrateCommand : seedCommand;
      return run({ flags: readFlags(command, rest, startOptions), output });
    }
    case 'rebuild-reports': {
      const { rebuildReports } = await import('./commands/rebuild-reports.ts');
      return rebuildReports({ flags: readFlags(command, rest, startOptions), output });
    }
    case 'simulate': {
      if (rest[0] === 'campaign') {
        const { simulateCampaignCommand } = await import('./commands/simulate-campaign.ts');
        return simulateCampaignCommand({ ...readCampaignFlags(rest.slice(1)), output });
      }
      const { simulateCommand } = await import('./commands/simulate.ts');
      return simulateCommand({ ...readSimulateFlags(rest), output });
    }
    case 'judge': {
      const { judge } = await import('./commands/judge.ts');
      return judge({ flags: readFlags(command, rest, judgeOptions), output });
    }
    case 'test': {
      const { test } = await import('./commands/test.ts');
      return test({ args: rest, output });
    }
    case 'version':
    case '--version': {
      const { version } = await import('./version.ts');
      output.line(version);
      return 0;
    }
    case 'help':
    case '--help':
    case '-h':
      output.line(usage);
      return 0;
    default:
      throw new CliError(`There is no command "${command}"; \`trunkline help\` lists them.`);
  }
}

const startOptions = {
  data: { type: 'string' },
  port: { type: 'string' },
  verbose: { type: 'boolean', default: false },
} as const;
const judgeOptions = {
  data: { type: 'string' },
  from: { type: 'string' },
  to: { type: 'string' },
  workspace: { type: 'string' },
  campaign: { type: 'string' },
  json: { type: 'boolean' },
} as const;

function readFlags<O extends NonNullable<ParseArgsConfig['options']>>(
  command: string,
  args: readonly string[],
  options: O,
) {
  try {
    const { values } = parseArgs({ args: [...args], options, strict: true });
    return values;
  } catch (error) {
    throw new CliError(`trunkline ${command}: ${sentenceOf(error)} See \`trunkline help\`.`);
  }
}

function readSimulateFlags(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const options = { data: text, url: text, key: text, agent: text, json: text, html: text, number: text };
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { ...options, 'agent-version': text, audio: { type: 'boolean' } },
      allowPositionals: true,
      strict: true,
    });
    const { 'agent-version': version, ...flags } = values;
    return { paths: positionals, flags: { ...flags, version } };
  } catch (error) {
    throw new CliError(`trunkline simulate: ${sentenceOf(error)} See \`trunkline help\`.`);
  }
}

function readCampaignFlags(args: readonly string[]) {
  const text = { type: 'string' } as const;
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: {
        ...{ contacts: text, seed: text, start: text, days: text, zone: text, slots: text },
        ...{ channels: text, cps: text, outcomes: text, json: text, database: { type: 'boolean' } as const },
      },
      allowPositionals: true,
      strict: true,
    });
    if (positionals.length > 1) throw new CliError('One file of settings is enough.');
    return { file: positionals[0], flags: values };
  } catch (error) {
    throw new CliError(`trunkline simulate campaign: ${sentenceOf(error)} See \`trunkline help\`.`);
  }
}
