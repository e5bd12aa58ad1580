import { expect, test } from 'vitest';
import { printBanner } from '../../cli/banner.ts';
import type { RunFile } from '../../cli/instance.ts';
import { recordedOutput } from './support.ts';

const run = {
  url: 'http://127.0.0.1:8080',
  sip: '127.0.0.1:5060',
  livekitUrl: 'ws://127.0.0.1:7880',
} as RunFile;
const seed = {
  ...{ adminEmail: 'admin@trunkline.local', adminPassword: 'pass-1', apiKey: 'key' },
  demo: { agentId: 'a', number: '+12025550100' },
};
function printed(change: { run?: Partial<RunFile>; adminPassword?: string | null } = {}): string {
  const output = recordedOutput();
  const password = 'adminPassword' in change ? change.adminPassword : seed.adminPassword;
  printBanner(output, {
    run: { ...run, ...change.run },
    seed: { ...seed, adminPassword: password } as Parameters<typeof printBanner>[1]['seed'],
    publicUrl: 'http://127.0.0.1:8080',
    seconds: 5.76,
  });
  return output.said.join('\n');
}

test('the first start says where everything is, the login it made, and what to dial', () => {
  const text = printed();
  for (const words of [
    'ready (5.8 s)',
    'http://127.0.0.1:8080/docs',
    'admin@trunkline.local',
    'pass-1',
    'http://127.0.0.1:8080/talk/demo',
    'sip:+12025550100@127.0.0.1:5060',
  ])
    expect(text).toContain(words);
});

test('later the password is not known any more, and without SIP there is nothing to dial', () => {
  expect(printed({ adminPassword: null })).toContain('was shown at the first start');
  const without = printed({ run: { sip: null } });
  expect(without).toContain('no SIP service runs here');
  expect(without).not.toContain('sip:+1');
  expect(without).toContain('/talk/demo');
});

test('without a media server nobody is sent to the page for visitors', () => {
  const without = printed({ run: { sip: null, livekitUrl: null } });
  expect(without).toContain('no media server runs here');
  expect(without).not.toContain('/talk/demo');
});
