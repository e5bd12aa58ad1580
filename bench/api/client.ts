import { Agent, request } from 'node:http';

const agent = new Agent({ keepAlive: true, maxSockets: 32 });

/** One GET over a kept connection; the answer is read and counted. Throws for anything but 200. */
export function get(url: string, headers: Readonly<Record<string, string>> = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent, headers: { ...headers } }, (response) => {
      let bytes = 0;
      response.on('data', (chunk: Buffer) => (bytes += chunk.length));
      response.on('error', reject);
      response.on('end', () =>
        response.statusCode === 200
          ? resolve(bytes)
          : reject(new Error(`${url} answered ${response.statusCode}`)),
      );
    });
    sent.on('error', reject);
    sent.end();
  });
}

/** Milliseconds of each of so many requests, one after the other; the first few warm up and do not count. */
export async function time(times: number, run: (n: number) => Promise<unknown>): Promise<number[]> {
  const took: number[] = [];
  for (let n = -3; n < times; n++) {
    const startedAt = performance.now();
    await run(Math.abs(n));
    if (n >= 0) took.push(performance.now() - startedAt);
  }
  return took;
}

/** Requests a second with eight under way. */
export async function rate(forMs: number, run: () => Promise<unknown>): Promise<number> {
  const until = performance.now() + forMs;
  let done = 0;
  const startedAt = performance.now();
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      while (performance.now() < until) {
        await run();
        done += 1;
      }
    }),
  );
  return (done * 1_000) / (performance.now() - startedAt);
}
