import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inject } from 'vitest';
import type { TestProject } from 'vitest/node';
import {
  connectProduct,
  type Product,
  type ProductAddress,
  type StartedProduct,
  startProduct,
} from './product.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where a test file asks for the product that it shares with others. */
    readonly sharedProductUrl: string;
  }
}

/**
 * One product for all files of a group: vitest's main process starts it when the first file asks, and stops it at the
 * end of the run. A file that shares it uses numbers and agents of its own, and breaks nothing.
 */
export default async function globalSetup(project: TestProject): Promise<() => Promise<void>> {
  let started: Promise<StartedProduct> | undefined;
  const server = createServer((_request, response) => {
    started ??= startProduct();
    started.then(
      ({ run, dataDir, speechUrl, databaseUrl, redisUrl, livekit }) => {
        const address: ProductAddress = { run, dataDir, speechUrl, databaseUrl, redisUrl, livekit };
        response.end(JSON.stringify(address));
      },
      (error: unknown) => {
        response.statusCode = 500;
        response.end(String(error));
      },
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  project.provide('sharedProductUrl', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return async () => {
    server.close();
    await (await started?.catch(() => undefined))?.stop();
  };
}

/** The product of this group of tests. */
export async function sharedProduct(): Promise<Product> {
  const response = await fetch(inject('sharedProductUrl'));
  if (!response.ok) throw new Error(await response.text());
  return connectProduct((await response.json()) as ProductAddress);
}
