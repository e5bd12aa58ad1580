import { judgeRange, unknownIn, type Violation } from '../../core/campaigns/ledger/index.ts';
import { openDatabase } from '../../db/client.ts';
import { isUuid } from '../../platform/ids.ts';
import { CliError } from '../cli-error.ts';
import type { Flags } from '../environment.ts';
import { checkDatabase } from '../external.ts';
import { dim, type Output, red } from '../output.ts';
import { runningDatabaseUrl } from '../running-database.ts';

export interface JudgeFlags extends Flags {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly workspace?: string | undefined;
  readonly campaign?: string | undefined;
  readonly json?: boolean | undefined;
}

/**
 * Judges what was dialed in a range again, from the ledger and the calls alone. Resolves to 1 when anything was against
 * the rules, to 0 otherwise.
 */
export async function judge({ flags, output }: { flags: JudgeFlags; output: Output }): Promise<number> {
  const to = momentOf('--to', flags.to) ?? new Date();
  const from = momentOf('--from', flags.from) ?? new Date(0);
  if (from >= to) throw new CliError('--from is not before --to.');
  const url = runningDatabaseUrl(flags);
  await checkDatabase(url);
  const { db, close } = openDatabase(url, { max: 2 });
  try {
    const range = { from, to, workspaceId: idOf('workspace', flags), campaignId: idOf('campaign', flags) };
    const verdict = await judgeRange(db, range, (violation) => {
      output.line(flags.json ? JSON.stringify(violation) : lineOf(violation));
    });
    const { decisions, calls, violations } = verdict;
    const unknown = decisions + calls + violations === 0 ? await unknownIn(db, range) : null;
    // A mistyped id must not pass for a clean record.
    if (unknown) throw new CliError(`There is no ${unknown} of this id, and nothing is recorded of one.`);
    if (flags.json) output.line(JSON.stringify(verdict));
    else {
      const what = `${decisions} decisions to dial and ${calls} calls judged`;
      if (violations === 0) output.done(what, 'nothing was against the rules');
      else output.fail(`${what}: ${violations} violations`);
    }
    return violations === 0 ? 0 : 1;
  } finally {
    await close();
  }
}

function momentOf(name: string, text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const moment = new Date(text);
  if (Number.isNaN(moment.getTime()))
    throw new CliError(`${name} is not a moment; write it as 2026-03-01 or 2026-03-01T12:00:00Z.`);
  return moment;
}

function idOf(name: 'workspace' | 'campaign', flags: JudgeFlags): string | undefined {
  const id = flags[name];
  if (id !== undefined && !isUuid(id)) throw new CliError(`--${name} takes an id.`);
  return id;
}

function lineOf({ kind, at, campaignId, contactId, callId, detail }: Violation): string {
  const who = [`campaign ${campaignId}`, contactId && `contact ${contactId}`, callId && `call ${callId}`];
  return `  ${red(kind.padEnd(15))} ${at.toISOString()}  ${detail}  ${dim(who.filter(Boolean).join(', '))}`;
}
