import type { Context } from '../../core/context.ts';
import { HttpError } from './errors.ts';

/** How many streams may be open at this process at once. */
export const streamLimits = { perCaller: 50, perWorkspace: 500 };

const retryAfterSeconds = 5;

/** Counts open streams, each of which holds a connection and memory for as long as its client likes. */
export class OpenStreams {
  readonly #open = new Map<string, number>();

  /**
   * One more for this caller. Answers what gives the place back, which may be called twice. Throws HttpError 429 when
   * the user or the API key, or the workspace, has all it may have.
   */
  enter({ actor, workspaceId }: Pick<Context, 'actor' | 'workspaceId'>): () => void {
    const caller =
      actor.kind === 'api-key' ? actor.apiKeyId : actor.kind === 'user' ? actor.userId : actor.kind;
    const { perCaller, perWorkspace } = streamLimits;
    this.#refuseBeyond(perCaller, caller, `You have ${perCaller} streams open`);
    const workspace = `workspace ${workspaceId}`;
    this.#refuseBeyond(perWorkspace, workspace, `The workspace has ${perWorkspace} streams open`);
    for (const key of [caller, workspace]) this.#open.set(key, this.#countOf(key) + 1);
    let left = false;
    return () => {
      if (left) return;
      left = true;
      for (const key of [caller, workspace]) this.#leave(key);
    };
  }

  #countOf(key: string): number {
    return this.#open.get(key) ?? 0;
  }

  #refuseBeyond(limit: number, key: string, what: string): void {
    if (this.#countOf(key) < limit) return;
    throw new HttpError(429, `${what}, and no more at once. Close one of them first.`, {
      headers: { 'Retry-After': String(retryAfterSeconds) },
    });
  }

  #leave(key: string): void {
    const count = this.#countOf(key) - 1;
    if (count > 0) this.#open.set(key, count);
    else this.#open.delete(key);
  }
}

/** For `catch`: what was taken for a stream is given back when nothing comes of it. */
export function rethrowAfter(cleanUp: () => void): (error: unknown) => never {
  return (error) => {
    cleanUp();
    throw error;
  };
}
