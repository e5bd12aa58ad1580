import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { CallEventBody } from '../../core/calls/events.ts';
import { readWavHeader, recordingRate } from '../../core/recordings/wav.ts';
import { newId } from '../../platform/ids.ts';
import { createLogger } from '../../platform/log.ts';
import { waitFor } from '../../platform/retry.ts';
import { parseName, piecesFolder } from './piece-file.ts';
import { Recording } from './recording.ts';
import { RecordingUploader } from './uploader.ts';

const log = createLogger('test', { level: 'silent' });
let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'trunkline-recording-'));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

const files = async () => (await readdir(piecesFolder(dataDir)).catch(() => [])).sort();
const loud = (ms: number) => new Int16Array((recordingRate * ms) / 1_000).fill(9_000);

function rig() {
  const events: CallEventBody[] = [];
  const ears = new Set<(samples: Int16Array, fresh: boolean) => void>();
  const callId = newId();
  const recording = new Recording({
    plan: { callId, epoch: 1 },
    dataDir,
    log,
    events: { emit: (body) => void events.push(body) },
    listen: (hear) => {
      ears.add(hear);
      return () => ears.delete(hear);
    },
  });
  const hear = (ms: number) => {
    for (const ear of ears) ear(loud(ms), false);
  };
  return { recording, events, hear, callId, ears };
}

describe('a recording', () => {
  test('is written as one whole WAV file, caller left and agent right, and says how long it is', async () => {
    const { recording, events, hear, ears } = rig();
    recording.start();
    await new Promise((resolve) => setTimeout(resolve, 120));
    hear(100);
    recording.agentQueued({ data: new Int16Array(24_000).fill(5_000), sampleRate: 24_000 });
    await new Promise((resolve) => setTimeout(resolve, 100));
    recording.agentCut(0);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await recording.stop();
    const [file = ''] = await files();
    expect(await files()).toHaveLength(1);
    expect(parseName(file)).toMatchObject({ seq: 1, offset: 0, last: true, openedBy: null });
    const bytes = await readFile(join(piecesFolder(dataDir), file));
    expect(readWavHeader(bytes)).toMatchObject({ channels: 2, dataBytes: bytes.length - 44 });
    const samples = Array.from({ length: (bytes.length - 44) / 2 }, (_, at) =>
      bytes.readInt16LE(44 + at * 2),
    );
    const heard = (side: 0 | 1) =>
      samples.filter((value, at) => at % 2 === side && Math.abs(value) > 1_000).length;
    expect(heard(0)).toBe(1_600);
    // Cut after about 100 ms of the second that was queued.
    expect(heard(1)).toBeGreaterThan(1_200);
    expect(heard(1)).toBeLessThan(8_000);
    expect(events.map(({ type }) => type)).toEqual(['recording.started', 'recording.stopped']);
    expect(events[1]).toMatchObject({ durationMs: Math.round(samples.length / 32), detail: '' });
    expect(ears.size).toBe(0);
  });

  test('keeps nothing of a pause, and goes on in a new stretch', async () => {
    const { recording, events, hear } = rig();
    expect(recording.pause()).toBe(false);
    recording.start();
    hear(50);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect([recording.pause(), recording.pause()]).toEqual([true, false]);
    hear(500);
    recording.agentQueued({ data: loud(500), sampleRate: recordingRate });
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect([recording.resume(), recording.resume()]).toEqual([true, false]);
    await new Promise((resolve) => setTimeout(resolve, 60));
    await recording.stop();
    expect(recording.resume()).toBe(false);
    const pieces = (await files()).map((file) => parseName(file));
    expect(pieces).toMatchObject([
      { seq: 1, last: false },
      { seq: 2, last: true, offset: 0 },
    ]);
    expect((pieces[1]?.stretch ?? 0) - (pieces[0]?.stretch ?? 0)).toBeGreaterThanOrEqual(110);
    const second = await readFile(join(piecesFolder(dataDir), (await files())[1] ?? ''));
    expect(second.subarray(44).every((byte) => byte === 0)).toBe(true);
    expect(events.map(({ type }) => type)).toEqual([
      'recording.started',
      'recording.paused',
      'recording.resumed',
      'recording.stopped',
    ]);
  });

  test('hears whoever the caller is put through to, also after a pause, and not during one', async () => {
    const { recording } = rig();
    const ears = new Set<(samples: Int16Array, fresh: boolean) => void>();
    recording.addPerson((hear) => {
      ears.add(hear);
      return () => ears.delete(hear);
    });
    expect([ears.size, recording.isUnderWay]).toEqual([0, false]);
    recording.start();
    await new Promise((resolve) => setTimeout(resolve, 80));
    for (const ear of ears) ear(loud(50), false);
    recording.pause();
    expect([ears.size, recording.isUnderWay]).toEqual([0, true]);
    recording.resume();
    await new Promise((resolve) => setTimeout(resolve, 80));
    for (const ear of ears) ear(loud(50), false);
    await recording.stop();
    expect(ears.size).toBe(0);
    for (const file of await files()) {
      const bytes = await readFile(join(piecesFolder(dataDir), file));
      const right = Array.from({ length: (bytes.length - 44) / 4 }, (_, n) => bytes.readInt16LE(46 + n * 4));
      expect(right.filter((sample) => sample === 9_000).length).toBe(800);
    }
    expect(await files()).toHaveLength(2);
  });

  test('that ends in a pause has a last piece all the same', async () => {
    const { recording } = rig();
    recording.start({ paused: true });
    await recording.stop();
    expect((await files()).map((file) => parseName(file))).toMatchObject([{ seq: 1, last: true }]);
  });

  test('that cannot be written ends with the reason, and the call goes on', async () => {
    await writeFile(piecesFolder(dataDir), 'a file where the folder should be');
    const { recording, events, hear } = rig();
    recording.start();
    hear(50);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(recording.pause()).toBe(true);
    await waitFor('the end', () => recording.state === 'stopped');
    expect(events.at(-1)).toMatchObject({
      type: 'recording.stopped',
      detail: expect.stringContaining('written'),
    });
    expect(recording.resume()).toBe(false);
    await recording.stop();
  });
});

describe('the uploader', () => {
  /** A control plane that answers what it is told and keeps what it got. */
  async function controlPlane(status: (path: string) => number) {
    const got: { path: string; token: string; bytes: Buffer }[] = [];
    const server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const answer = status(request.url ?? '');
      if (answer < 300)
        got.push({
          path: request.url ?? '',
          token: request.headers.authorization ?? '',
          bytes: Buffer.concat(chunks),
        });
      response.writeHead(answer).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const uploader = new RecordingUploader(
      {
        dataDir,
        controlPlaneUrl: `http://127.0.0.1:${port}`,
        secrets: { internalToken: 'internal', authSecret: '', encryptionKey: '' },
      },
      log,
    );
    return { got, uploader, [Symbol.dispose]: () => void server.close() };
  }

  test('sends what is finished, leaves what is being written, and deletes what arrived', async () => {
    using plane = await controlPlane(() => 204);
    const [done, live] = [rig(), rig()];
    done.recording.start();
    live.recording.start();
    live.hear(50);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await done.recording.stop();
    // A pause closes a piece, so that there is a file; the resumed stretch is the one that is open.
    live.recording.pause();
    live.recording.resume();
    await waitFor(
      'a piece that is being written',
      async () => (await files()).some((file) => parseName(file)?.openedBy === process.pid),
      { timeoutMs: 5_000 },
    );
    await plane.uploader.sweep();
    expect(plane.got.map(({ path }) => path.split('?')[0]).sort()).toEqual(
      [done.callId, live.callId].map((id) => `/internal/recordings/${id}/1/1`).sort(),
    );
    expect(plane.got[0]?.token).toBe('Bearer internal');
    expect(readWavHeader(plane.got[0]?.bytes ?? Buffer.alloc(0))?.channels).toBe(2);
    expect((await files()).map((file) => parseName(file)?.openedBy)).toEqual([process.pid]);
    await live.recording.stop();
  });

  test('keeps what cannot be sent now, and puts aside what never can', async () => {
    let status = 503;
    using plane = await controlPlane(() => status);
    const { recording } = rig();
    recording.start();
    await new Promise((resolve) => setTimeout(resolve, 30));
    await recording.stop();
    await plane.uploader.sweep();
    expect(await files()).toHaveLength(1);
    status = 404;
    await plane.uploader.sweep();
    expect(await files()).toEqual(['refused']);
    expect(await readdir(join(piecesFolder(dataDir), 'refused'))).toHaveLength(1);
  });

  test('one that cannot be sent holds up no other, waits longer each time, and is sent in the end', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    try {
      const [bad, good, later] = [rig(), rig(), rig()].sort((a, b) => (a.callId < b.callId ? -1 : 1));
      const tried: string[] = [];
      let isMended = false;
      const statusOf = (path: string) => {
        tried.push(path.split('/')[3] ?? '');
        return !isMended && path.includes(bad?.callId ?? '') ? 500 : 204;
      };
      using plane = await controlPlane(statusOf);
      for (const one of [bad, good]) {
        one?.recording.start({ paused: true });
        await one?.recording.stop();
      }
      const { uploader } = plane;
      const look = async (afterMs: number) => {
        vi.setSystemTime(Date.now() + afterMs);
        tried.length = 0;
        await uploader.sweep(Date.now());
        return [...tried];
      };
      expect(await look(0)).toEqual([bad?.callId, good?.callId]);
      expect(await files()).toEqual([expect.stringContaining(bad?.callId ?? '')]);
      expect(await look(9_000)).toEqual([]);
      later?.recording.start({ paused: true });
      await later?.recording.stop();
      // The one that has never failed comes first.
      expect(await look(1_000)).toEqual([later?.callId, bad?.callId]);
      expect(await look(19_000)).toEqual([]);
      expect(await look(1_000)).toEqual([bad?.callId]);
      isMended = true;
      expect(await look(3_600_000)).toEqual([bad?.callId]);
      expect(await files()).toEqual([]);
    } finally {
      vi.useRealTimers();
    }
  });

  test('asks a control plane that takes nothing three times, and then waits with all of them', async () => {
    let asked = 0;
    using plane = await controlPlane(() => {
      asked++;
      return 503;
    });
    for (let count = 0; count < 5; count++) {
      const { recording } = rig();
      recording.start({ paused: true });
      await recording.stop();
    }
    await plane.uploader.sweep();
    expect([asked, (await files()).length]).toEqual([3, 5]);
  });

  test('a piece that cannot be finished holds up no other either', async () => {
    using plane = await controlPlane(() => 204);
    const { recording, callId } = rig();
    recording.start({ paused: true });
    await recording.stop();
    const child = spawn(process.execPath, ['-e', ''], { stdio: 'ignore' });
    await once(child, 'exit');
    const [whole = ''] = await files();
    const broken = `${whole.replace(callId, newId())}.open-${child.pid}`;
    await mkdir(join(piecesFolder(dataDir), broken));
    await plane.uploader.sweep();
    expect(plane.got.map(({ path }) => path.split('/')[3])).toEqual([callId]);
    expect(await files()).toEqual([broken]);
  });

  test('rescues what a dead process was writing: header repaired, half a sample cut, the last of its worker', async () => {
    using plane = await controlPlane(() => 204);
    const child = spawn(process.execPath, ['-e', ''], { stdio: 'ignore' });
    await once(child, 'exit');
    const { recording, callId, hear } = rig();
    recording.start();
    hear(50);
    await new Promise((resolve) => setTimeout(resolve, 60));
    await recording.stop();
    const [whole = ''] = await files();
    const bytes = await readFile(join(piecesFolder(dataDir), whole));
    await rm(join(piecesFolder(dataDir), whole));
    // As a kill leaves it: an empty header, and the last write only half there.
    const torn = Buffer.concat([bytes.subarray(0, 44), bytes.subarray(44, 44 + 402)]);
    torn.writeUInt32LE(0, 40);
    const name = whole.replace('_last', '');
    await writeFile(join(piecesFolder(dataDir), `${name}.open-${child.pid}`), torn);
    await plane.uploader.sweep();
    expect(plane.got).toHaveLength(1);
    expect(plane.got[0]?.path).toContain(`${callId}/1/1?`);
    expect(plane.got[0]?.path).toContain('last=true');
    expect(plane.got[0]?.bytes.length).toBe(44 + 400);
    expect(readWavHeader(plane.got[0]?.bytes ?? Buffer.alloc(0))?.dataBytes).toBe(400);
  });

  test('takes over a file whose process number has been given to somebody else', async () => {
    using plane = await controlPlane(() => 204);
    const { recording, hear } = rig();
    recording.start();
    hear(50);
    await new Promise((resolve) => setTimeout(resolve, 30));
    recording.pause();
    await recording.stop();
    const [first = ''] = await files();
    const path = join(piecesFolder(dataDir), `${first}.open-${process.pid}`);
    await writeFile(path, await readFile(join(piecesFolder(dataDir), first)));
    await utimes(path, new Date(), new Date(Date.now() - 120_000));
    await plane.uploader.sweep();
    expect(await files()).toEqual([]);
  });
});
