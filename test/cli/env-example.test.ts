import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { envExample } from '../../cli/env-example.ts';
import { settings } from '../../platform/settings.ts';

it('.env.example is what the settings table says (npm run env:example)', () => {
  const file = fileURLToPath(new URL('../../.env.example', import.meta.url));
  expect(readFileSync(file, 'utf8')).toBe(envExample());
});

it('.env.example names every setting once and reveals no secret', () => {
  const lines = envExample().split('\n');
  for (const name of Object.keys(settings))
    expect(lines.filter((line) => line.startsWith(`#${name}=`))).toHaveLength(1);
});
