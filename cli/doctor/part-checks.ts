import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inheritedEnv } from '../../platform/config.ts';
import { whyNoCapture } from '../../sip/capture/tcpdump.ts';
import { sentenceOf } from '../cli-error.ts';
import { consoleFresh } from '../console-build.ts';
import { type Binary, cacheFolder, livekitServer, livekitSip, redisServer } from '../embedded/binaries.ts';
import { goVersion } from '../embedded/go-build.ts';
import { postgresPrograms } from '../embedded/postgres.ts';
import { postgresUser } from '../embedded/postgres-user.ts';
import { findBinary } from '../embedded/resolve-binary.ts';
import { aptCommand, aptPrefix } from '../embedded/system-packages.ts';
import { embeddedParts, type Wishes } from '../environment.ts';
import { checkDatabase, checkLivekit, checkRedis } from '../external.ts';
import { type Check, finding } from './finding.ts';

/** PostgreSQL, Redis, LiveKit, SIP, speech and the pages: started here or elsewhere, and whether that works. */
export function partChecks(wishes: Wishes): Check[] {
  const parts = embeddedParts(wishes);
  const { env } = wishes;
  return [
    parts.postgres
      ? () => postgres(wishes)
      : () => external('PostgreSQL', 'DATABASE_URL', () => checkDatabase(env.DATABASE_URL ?? '')),
    parts.redis
      ? () => program('Redis', redisServer)
      : () => external('Redis', 'REDIS_URL', () => checkRedis(env.REDIS_URL ?? '')),
    parts.livekit
      ? () => program('livekit-server', livekitServer)
      : () =>
          external('LiveKit', 'LIVEKIT_URL', () =>
            checkLivekit(env.LIVEKIT_URL ?? '', env.LIVEKIT_API_KEY ?? '', env.LIVEKIT_API_SECRET ?? ''),
          ),
    parts.sip
      ? () => program('livekit-sip', livekitSip)
      : async () => [finding('off', 'livekit-sip', 'not started here')],
    ...(parts.sip ? [() => captures(wishes)] : []),
    parts.speech
      ? () => models(wishes)
      : async () => [finding('off', 'Speech models', 'not needed: providers are set')],
    async () => [
      consoleFresh()
        ? finding('ok', 'Web pages', 'built')
        : finding('warn', 'Web pages', 'not built', 'The next `npm start` builds them.'),
    ],
  ];
}

async function postgres({ dataDir }: Wishes) {
  try {
    const { postgres: binary } = await postgresPrograms();
    const cluster = join(dataDir, 'postgres');
    if (existsSync(dataDir)) postgresUser([cluster, binary]);
    const versionFile = join(cluster, 'PG_VERSION');
    const state = existsSync(versionFile)
      ? `cluster of version ${readFileSync(versionFile, 'utf8').trim()}`
      : 'no cluster yet';
    return [finding('ok', 'PostgreSQL', `embedded, ${state}`)];
  } catch (error) {
    return [finding('bad', 'PostgreSQL', 'embedded, cannot run', sentenceOf(error))];
  }
}

async function external(what: string, name: string, check: () => Promise<void>) {
  try {
    await check();
    return [finding('ok', what, `${name} works`)];
  } catch (error) {
    return [finding('bad', what, sentenceOf(error), `Correct ${name}, or unset it for the embedded one.`)];
  }
}

async function program(what: string, binary: Binary) {
  const found = await findBinary(binary);
  if (found) return [finding('ok', what, found.path)];
  const missing = `not here; without it: ${binary.without}`;
  const ways = await waysTo(binary);
  if (ways.length > 0) return [finding('warn', what, missing, `The next start ${ways.join(', or ')}.`)];
  const { go, apt } = binary;
  const fix = go ? 'Install Go (https://go.dev/dl/); the next start builds it.' : aptCommand(apt ?? []);
  return [finding(binary === livekitSip ? 'warn' : 'bad', what, `${missing}, and it cannot be had`, fix)];
}

/** How the next start would get a program, in the order in which it tries. */
async function waysTo({ go, apt, releases }: Binary): Promise<string[]> {
  const ways: string[] = [];
  if (releases[`${process.platform}-${process.arch}`]) ways.push('downloads its release');
  if (go && (await goVersion(inheritedEnv()))) {
    const libraries = go.aptLibraries.length > 0 ? `; libraries: ${aptCommand(go.aptLibraries)}` : '';
    ways.push(`builds it with Go (${go.minutes}${libraries})`);
  }
  if (apt && (await aptPrefix())) ways.push(`installs it: ${aptCommand(apt)}`);
  return ways;
}

/** Only for whoever asks for one: nothing is installed for it. */
async function captures({ env }: Wishes) {
  const why = await whyNoCapture({ host: env.SIP_HOST, port: env.SIP_PORT, rtpPorts: env.SIP_RTP_PORTS });
  return [
    why === null
      ? finding('ok', 'Packet captures', 'can be made')
      : finding('off', 'Packet captures', 'cannot be made here; calls do not need them', why),
  ];
}

async function models({ env }: Wishes) {
  const folder = env.SPEECH_MODELS ?? join(cacheFolder(inheritedEnv()), 'models');
  return [
    existsSync(folder)
      ? finding('ok', 'Speech models', folder)
      : finding('warn', 'Speech models', 'not here', 'The next start fetches them with pip (150 MB).'),
  ];
}
