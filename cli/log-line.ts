export type Severity = 'info' | 'warn' | 'error';

export interface LogLine {
  readonly severity: Severity;
  readonly text: string;
}

/** Reads one line of a child's log: pino or zap JSON, PostgreSQL or Redis text, or what Node prints when it dies. */
export function readLogLine(line: string): LogLine {
  if (line.startsWith('{')) {
    const parsed = parseJson(line);
    if (parsed) return fromJson(parsed);
  }
  const postgres = / (PANIC|FATAL|ERROR|WARNING): +(.*)$/.exec(line);
  // Our own question whether it is up yet.
  if (postgres?.[2]?.startsWith('the database system is ')) return { severity: 'info', text: postgres[2] };
  if (postgres)
    return {
      severity: postgres[1] === 'WARNING' || postgres[1] === 'ERROR' ? 'warn' : 'error',
      text: postgres[2] ?? line,
    };
  if (/^(Uncaught |\w*Error\b.*:|panic:|fatal error:)/.test(line.trim()))
    return { severity: 'error', text: line.trim() };
  if (/^\d+:[A-Z] .* # /.test(line)) return { severity: 'warn', text: line.replace(/^.* # /, '') };
  return { severity: 'info', text: line };
}

function parseJson(line: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

function fromJson(entry: Record<string, unknown>): LogLine {
  const err = entry.err ?? entry.error;
  const reason =
    typeof err === 'string'
      ? err
      : typeof err === 'object' && err !== null && 'message' in err
        ? String(err.message)
        : undefined;
  const job = typeof entry.job === 'string' ? ` (${entry.job})` : '';
  const message = `${String(entry.msg ?? entry.message ?? '')}${job}`;
  return { severity: severityOf(entry.level), text: reason ? `${message}: ${reason}` : message };
}

function severityOf(level: unknown): Severity {
  if (typeof level === 'number') return level >= 50 ? 'error' : level >= 40 ? 'warn' : 'info';
  const name = String(level).toLowerCase();
  if (['error', 'fatal', 'panic', 'dpanic'].includes(name)) return 'error';
  return name.startsWith('warn') ? 'warn' : 'info';
}

/** Why a process ended, from the last lines it wrote: its last error, else its last line. */
export function reasonFrom(lines: readonly string[]): string | undefined {
  const read = lines.map(readLogLine);
  const error =
    read.findLast((line) => line.severity === 'error') ?? read.findLast((line) => line.severity === 'warn');
  return (error ?? read.at(-1))?.text;
}
