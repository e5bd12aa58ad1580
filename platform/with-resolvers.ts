export interface Resolvers<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T | PromiseLike<T>) => void;
  readonly reject: (reason: unknown) => void;
}

/** `Promise.withResolvers`, which Node 20 does not have. A rejection that nobody waits for is not an unhandled one. */
export function withResolvers<T>(): Resolvers<T> {
  let [resolve, reject]: [Resolvers<T>['resolve'], Resolvers<T>['reject']] = [
    () => undefined,
    () => undefined,
  ];
  const promise = new Promise<T>((yes, no) => {
    [resolve, reject] = [yes, no];
  });
  promise.catch(() => undefined);
  return { promise, resolve, reject };
}
