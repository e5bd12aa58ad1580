import { request } from 'node:http';

/** Sends a request whose body says it has so many bytes, and none of them. Resolves to the status of the answer. */
export function announceBody(
  url: string,
  method: string,
  headers: Readonly<Record<string, string>>,
  sizeBytes: number,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, {
      method,
      headers: { ...headers, 'content-length': String(sizeBytes) },
    });
    outgoing.on('response', (response) => {
      resolve(response.statusCode ?? 0);
      outgoing.destroy();
    });
    outgoing.on('error', reject);
    outgoing.flushHeaders();
  });
}
