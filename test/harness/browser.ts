import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { resample } from '../../simulate/audio/resample.ts';
import { writeWav } from '../../simulate/audio/wav.ts';

/** A visitor: Debian's Chromium, headless, whose microphone is a WAV file. */
export interface Visitor {
  readonly page: Page;
  readonly context: BrowserContext;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

interface VisitorOptions {
  /** What the visitor says, 16-bit mono; played once from the moment the microphone opens. */
  readonly speech?: { readonly samples: Int16Array; readonly sampleRate: number };
  /** false: there is no microphone at all. */
  readonly microphone?: boolean;
}

const microphoneHz = 48_000;

export async function openVisitor(options: VisitorOptions = {}): Promise<Visitor> {
  const folder = await mkdtemp(join(tmpdir(), 'visitor-'));
  const flags = [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--autoplay-policy=no-user-gesture-required',
  ];
  if (options.microphone !== false)
    flags.push('--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream');
  if (options.speech) {
    const file = join(folder, 'microphone.wav');
    const samples = resample(options.speech.samples, options.speech.sampleRate, microphoneHz);
    await writeWav(file, { samples, sampleRate: microphoneHz });
    flags.push(`--use-file-for-fake-audio-capture=${file}%noloop`);
  }
  const context = await chromium.launchPersistentContext(join(folder, 'profile'), {
    executablePath: '/usr/bin/chromium',
    headless: true,
    args: flags,
    viewport: { width: 900, height: 700 },
  });
  const page = context.pages()[0] ?? (await context.newPage());
  const close = async () => {
    await context.close();
    await rm(folder, { recursive: true, force: true });
  };
  return { page, context, close, [Symbol.asyncDispose]: close };
}
