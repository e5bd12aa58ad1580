import type { RunFile } from './instance.ts';
import { bold, dim, type Output } from './output.ts';
import type { Seed } from './seeding.ts';

/** What a stranger needs to know when everything runs. */
export function printBanner(
  output: Output,
  {
    run,
    seed,
    publicUrl,
    seconds,
  }: { run: RunFile; seed: Seed | undefined; publicUrl: string; seconds: number },
): void {
  const row = (name: string, text: string) => output.line(`  ${name.padEnd(10)} ${text}`);
  output.line();
  output.line(bold(`Trunkline is ready (${seconds.toFixed(1)} s).`));
  output.line();
  row('Console', publicUrl);
  row('API', `${publicUrl}/docs`);
  if (seed) {
    row(
      'Login',
      seed.adminPassword
        ? `${seed.adminEmail}  password ${bold(seed.adminPassword)}  ${dim('(shown only now)')}`
        : `${seed.adminEmail}  ${dim('(the password was shown at the first start)')}`,
    );
    if (run.livekitUrl) row('Talk', `${publicUrl}/talk/demo  ${dim('in a browser with a microphone')}`);
    if (run.sip)
      row('Call', `sip:${seed.demo.number}@${run.sip}  ${dim('with any SIP phone, no registration')}`);
  }
  if (!run.livekitUrl) row('Talk', 'off: no media server runs here');
  if (!run.sip) row('Call', 'off: no SIP service runs here');
  output.line();
  output.line(dim('  Ctrl-C stops everything.'));
}
