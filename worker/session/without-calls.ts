import { type ReadableStream, TransformStream } from 'node:stream/web';

/** A language model's stream without its function calls; `onCall` is told of the first one. */
export function withoutCalls<T>(stream: ReadableStream<T>, onCall: () => void): ReadableStream<T> {
  let told = false;
  return stream.pipeThrough(
    new TransformStream<T, T>({
      transform: (chunk, controller) => {
        if (!hasCalls(chunk)) return controller.enqueue(chunk);
        if (!told) onCall();
        told = true;
      },
    }),
  );
}

function hasCalls(chunk: unknown): boolean {
  if (typeof chunk !== 'object' || chunk === null || !('delta' in chunk)) return false;
  const delta = chunk.delta as { toolCalls?: unknown[] } | undefined;
  return (delta?.toolCalls?.length ?? 0) > 0;
}
