import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

interface PythonOptions {
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number;
}

/** Runs `python3` and answers what it printed. Throws what `lastWords` can read. */
export async function python(
  args: readonly string[],
  { signal, timeoutMs = 600_000 }: PythonOptions = {},
): Promise<string> {
  const { stdout } = await promisify(execFile)('python3', [...args], {
    timeout: timeoutMs,
    maxBuffer: 16 * 1024 * 1024,
    ...(signal ? { signal } : {}),
  });
  return stdout;
}

/** The last line that a failed program said: pip prints its reason there. */
export function lastWords(error: unknown): string {
  const { stderr, message } = error as { stderr?: string; message?: string };
  const lines = (stderr || message || String(error)).split('\n').map((line) => line.trim());
  return (lines.filter(Boolean).at(-1) ?? 'unknown reason').slice(0, 300);
}
