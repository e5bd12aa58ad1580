import { settings } from '../../platform/settings.ts';
import { sentenceOf } from '../cli-error.ts';
import { faultOfStoredSecrets } from '../encryption-key.ts';
import { embeddedParts, portNeeds, type Wishes } from '../environment.ts';
import { readRunFile, runningPid } from '../instance.ts';
import { findOllama } from '../ollama.ts';
import { choosePorts } from '../ports.ts';
import { runningDatabaseUrl } from '../running-database.ts';
import { hasSecrets, loadSecrets } from '../secrets.ts';
import { type Check, finding } from './finding.ts';

/** Keys (whether they are set, never what they are), the language model, and the ports. */
export const settingChecks = (wishes: Wishes): Check[] => [
  () => model(wishes),
  async () => [given(wishes)],
  () => encryptionKey(wishes),
  () => ports(wishes),
];

async function model({ given }: Wishes) {
  const name = ['OPENAI_API_KEY', 'OPENAI_BASE_URL'].find((key) => given.has(key));
  if (name) return [finding('ok', 'Language model', `${name} is set`)];
  const ollama = await findOllama();
  return [
    ollama
      ? finding('ok', 'Language model', 'Ollama runs here')
      : finding(
          'ok',
          'Language model',
          'scripted (set OPENAI_API_KEY, OPENAI_BASE_URL, or run Ollama for a real one)',
        ),
  ];
}

function given({ given: names }: Wishes) {
  const secret = Object.entries(settings).filter(([, setting]) => setting.secret);
  const set = secret.map(([name]) => name).filter((name) => names.has(name));
  return finding(
    'ok',
    'Keys and secrets',
    set.length > 0 ? `set: ${set.join(', ')}` : 'none set, none needed',
  );
}

/** Whether the key opens what is stored: in DATABASE_URL, or in the database of the instance that runs here. */
async function encryptionKey({ env, dataDir }: Wishes) {
  const what = 'Stored secrets';
  if (env.DATABASE_URL === undefined && runningPid(dataDir) === undefined)
    return [finding('off', what, 'looked at when the database runs')];
  if (env.ENCRYPTION_KEY === undefined && !hasSecrets(dataDir))
    return [finding('off', what, 'not looked at: there is no ENCRYPTION_KEY yet')];
  try {
    const key = env.ENCRYPTION_KEY ?? loadSecrets(dataDir).encryptionKey;
    const fault = await faultOfStoredSecrets(runningDatabaseUrl({ data: dataDir }), key);
    if (fault === null) return [finding('ok', what, 'ENCRYPTION_KEY opens them')];
    return [finding(fault.isOther ? 'bad' : 'warn', what, fault.sentence)];
  } catch (error) {
    return [finding('off', what, `could not be looked at (${sentenceOf(error)})`)];
  }
}

async function ports(wishes: Wishes) {
  if (runningPid(wishes.dataDir) !== undefined)
    return [
      finding('ok', 'Ports', `in use by the running instance ${readRunFile(wishes.dataDir)?.url ?? ''}`),
    ];
  try {
    const chosen = await choosePorts(portNeeds(wishes, embeddedParts(wishes)), wishes.env, wishes.given);
    const text = [...chosen.ports].map(
      ([name, port]) => `${name.replace(/_?PORT$/, '').toLowerCase() || 'http'} ${port}`,
    );
    return [finding('ok', 'Ports', `free: ${text.join(', ')}`)];
  } catch (error) {
    return [finding('bad', 'Ports', sentenceOf(error))];
  }
}
