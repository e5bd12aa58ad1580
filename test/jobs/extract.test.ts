import { readdir, readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { expect, test } from 'vitest';
import { extract } from '../../jobs/knowledge/extract.ts';
import { waitFor } from '../../platform/retry.ts';

const roomy = { timeoutMs: 60_000, memoryBytes: 2 ** 31 };
const bytes = (text: string) => Readable.from([Buffer.from(text)]);

test('reads a file in a process of its own', async () => {
  expect(await extract(bytes('Soup of the day.'), 'txt', roomy)).toEqual([
    { heading: '', text: 'Soup of the day.', page: null },
  ]);
});

test('gives a file up that takes too much time or memory, in words', async () => {
  const slow = extract(bytes('Soup.'), 'txt', { ...roomy, timeoutMs: 5 });
  await expect(slow).rejects.toMatchObject({
    name: 'UnreadableFileError',
    message: 'Reading the file takes too long.',
  });
  const greedy = extract(bytes('Soup.'), 'txt', { ...roomy, memoryBytes: 1_000 });
  await expect(greedy).rejects.toMatchObject({ message: 'The file unpacks to more than can be handled.' });
});

test.each(['SIGTERM', 'SIGKILL'] as const)(
  'a process that others end by %s is not the fault of the file',
  async (signal) => {
    const source = bytes('Soup.');
    const reading = extract(source, 'txt', roomy);
    await finished(source);
    const reader = await waitFor('the reading process', childOfOurs);
    process.kill(reader, signal);
    await expect(reading).rejects.toMatchObject({
      name: 'Error',
      message: `The process that read the file was ended by ${signal}.`,
    });
  },
);

/** Linux tells. */
async function childOfOurs(): Promise<number | undefined> {
  const tasks = await readdir('/proc/self/task');
  const lists = await Promise.all(tasks.map((task) => readFile(`/proc/self/task/${task}/children`, 'utf8')));
  const pids = lists.flatMap((list) => list.split(' ').filter(Boolean).map(Number));
  for (const pid of pids)
    if ((await readFile(`/proc/${pid}/cmdline`, 'utf8')).includes('extract-child')) return pid;
  return undefined;
}

test('a source that breaks off is not the fault of the file', async () => {
  const broken = new Readable({
    read() {
      this.destroy(new Error('the store is away'));
    },
  });
  await expect(extract(broken, 'txt', roomy)).rejects.toThrow('the store is away');
});
