import { z } from 'zod';
import { newId } from '../../../platform/ids.ts';
import { type Context, nowMs } from '../../context.ts';
import { DomainError, invalid } from '../../errors.ts';
import { operation } from '../../operation.ts';
import { getRegistry } from './read.ts';
import { type CallRegistry, findRegistry, registryFileBytes, updateRegistry } from './registry.ts';

/** Clocks differ. */
const aheadMs = 60_000;

/**
 * Takes a download of a registry, made at `fetchedAt`, into the blob store, and has it imported (state `importing`): a
 * text with one number in each row, in its first column, E.164 or as its country writes them. A newer upload takes the
 * place of one that is not in yet. Throws invalid for one from the future, an empty or too large one.
 */
export async function receiveRegistry(
  ctx: Context,
  {
    registryId,
    fetchedAt,
    source,
  }: { registryId: string; fetchedAt: Date; source: AsyncIterable<Uint8Array> },
): Promise<CallRegistry> {
  if (fetchedAt.getTime() > nowMs(ctx) + aheadMs)
    throw invalid('fetchedAt', 'a registry cannot be downloaded in the future');
  await getRegistry(ctx, { registryId });
  const { blobs } = ctx.services.ports;
  const blobKey = `registries/${registryId}/${newId()}`;
  try {
    const sizeBytes = await blobs.put(blobKey, atMost(registryFileBytes, source));
    if (sizeBytes === 0) throw new DomainError('invalid', 'The file is empty.');
    return await beginVersion(ctx, { registryId, fetchedAt, blobKey });
  } catch (error) {
    await blobs.remove(blobKey);
    throw error;
  }
}

async function* atMost(mostBytes: number, source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let room = mostBytes;
  for await (const bytes of source) {
    room -= bytes.length;
    if (room < 0) throw new DomainError('invalid', `The file is larger than ${mostBytes / 1024 ** 3} GB.`);
    yield bytes;
  }
}

const beginVersion = operation({
  name: 'call_registry.begin_version',
  scope: 'developer',
  input: z.object({ registryId: z.string(), fetchedAt: z.date(), blobKey: z.string() }),
  run: async (ctx, { registryId, fetchedAt, blobKey }): Promise<CallRegistry> => {
    const { id, nextVersion, nextUpload } = await findRegistry(ctx, registryId, { lock: true });
    if (nextUpload !== null) await ctx.emit('remove-blobs', { keys: [nextUpload] });
    const version = nextVersion + 1;
    await ctx.emit('import-registry', { registryId: id, version }, { key: `registry-${id}-${version}` });
    return updateRegistry(ctx, id, {
      ...{ nextVersion: version, nextFetchedAt: fetchedAt, nextUpload: blobKey },
      ...{ state: 'importing', error: null },
    });
  },
});
