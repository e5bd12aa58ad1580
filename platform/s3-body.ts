import { Readable } from 'node:stream';

export const nothingMoved = (idleMs: number): Error =>
  new Error(`Nothing moved between S3 and us for ${idleMs} ms.`);

/** A body on its way to S3: each piece that is taken begins the wait anew. */
export function leaving(body: Readable, timer: NodeJS.Timeout): Readable {
  const refreshed = async function* () {
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      timer.refresh();
      yield chunk;
    }
  };
  return Readable.from(refreshed(), { objectMode: false });
}

/** A body that comes from S3, with an end to waiting for its next piece. A reader may take as long as it likes. */
export function arriving(body: NonNullable<Response['body']>, idleMs: number): Readable {
  const reader = body.getReader();
  let timer: NodeJS.Timeout | undefined;
  return new Readable({
    read() {
      timer = setTimeout(() => this.destroy(nothingMoved(idleMs)), idleMs);
      reader.read().then(
        ({ done, value }) => {
          clearTimeout(timer);
          if (!this.destroyed) this.push(done ? null : value);
        },
        (error: Error) => this.destroy(error),
      );
    },
    destroy(error, done) {
      clearTimeout(timer);
      const over = () => done(error);
      reader.cancel().then(over, over);
    },
  });
}
