import { appendFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type Koa from 'koa';
import { expect, inject } from 'vitest';
import { stateOf } from '../../control-plane/http/request-log.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Folder in which the processes of one run write down what their wire tests were answered. */
    readonly observedStatuses: string;
  }
}

/** One status that one route has answered in one file of tests. */
export interface ObservedStatus {
  readonly file: string;
  readonly operationId: string;
  readonly status: number;
}

const written = new Set<string>();

/** Writes down which route answers what, for test/wire/statuses.test.ts. */
export const observeStatuses: Koa.Middleware = async (koa, next) => {
  await next();
  const { testPath = '' } = expect.getState();
  const { operationId } = stateOf(koa);
  if (!testPath.includes('/test/wire/') || operationId === 'none') return;
  const line = JSON.stringify({ file: testPath, operationId, status: koa.status } satisfies ObservedStatus);
  if (written.has(line)) return;
  written.add(line);
  appendFileSync(join(inject('observedStatuses'), `${process.pid}.jsonl`), `${line}\n`);
};

/** What all processes of this run have seen so far. */
export async function observedStatuses(): Promise<ObservedStatus[]> {
  const folder = inject('observedStatuses');
  const texts = await Promise.all(
    (await readdir(folder)).map((name) => readFile(join(folder, name), 'utf8')),
  );
  return texts.flatMap((text) =>
    text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as ObservedStatus),
  );
}
