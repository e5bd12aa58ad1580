import { checks } from '../doctor/checks.ts';
import type { Finding } from '../doctor/finding.ts';
import { type Flags, readWishes } from '../environment.ts';
import { bold, dim, green, type Output, red, yellow } from '../output.ts';

const marks = { ok: green('✓'), off: dim('–'), warn: yellow('!'), bad: red('✗') } as const;

/** Prints what is found, missing or misconfigured. Resolves to 1 when something keeps the product from starting. */
export async function doctor({ flags, output }: { flags: Flags; output: Output }): Promise<number> {
  const wishes = readWishes(flags);
  output.line(bold('Trunkline doctor'));
  output.line();
  const findings = await Promise.all(checks(wishes).map((check) => check()));
  for (const finding of findings.flat()) print(finding, output);
  const all = findings.flat();
  const bad = all.filter(({ state }) => state === 'bad').length;
  const warned = all.filter(({ state }) => state === 'warn').length;
  output.line();
  output.line(
    bad > 0
      ? `${bad} ${bad === 1 ? 'thing keeps' : 'things keep'} Trunkline from starting.`
      : warned > 0
        ? 'Trunkline starts; what is marked ! is limited or will be fetched at the first start.'
        : 'All is well.',
  );
  return bad > 0 ? 1 : 0;
}

function print({ state, what, found, fix }: Finding, output: Output): void {
  output.line(`  ${marks[state]} ${what.padEnd(20)} ${found}`);
  if (fix) output.line(`    ${''.padEnd(20)} ${dim(`→ ${fix}`)}`);
}
