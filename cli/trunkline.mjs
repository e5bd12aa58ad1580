#!/usr/bin/env node
// Plain JavaScript without dependencies: it runs on a fresh clone and fetches the rest.
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');

async function main() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19))
    throw new Error(
      `Trunkline needs Node.js 20.19 or newer, this is ${process.versions.node}: install a newer one from your system or https://nodejs.org and try again.`,
    );
  if (process.argv[2] === 'start') {
    const { hasFront, runInOwnSession } = await import('./own-session.mjs');
    if (!hasFront()) process.exit(await runInOwnSession());
  }
  if (existsSync('.env')) {
    try {
      process.loadEnvFile('.env');
    } catch (error) {
      throw new Error(`The file .env in this folder cannot be read: ${error.message}.`);
    }
  }
  const { ensurePackages } = await import('./packages.mjs');
  await ensurePackages(root);
  const { register } = await import('tsx/esm/api');
  register();
  const { runCli } = await import('./main.ts');
  await runCli(process.argv.slice(2));
}

main().catch((error) => {
  console.error(`trunkline: ${error.message}`);
  process.exit(1);
});
