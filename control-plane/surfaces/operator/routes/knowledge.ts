import type Koa from 'koa';
import { z } from 'zod';
import { getAgent } from '../../../../core/agents/index.ts';
import type { Services } from '../../../../core/context.ts';
import {
  addFiles,
  deleteFile,
  knowledgeLimits,
  listFiles,
  queryKnowledge,
  type RefusedFile,
  type StagedFile,
  stageFile,
} from '../../../../core/knowledge/index.ts';
import { HttpError } from '../../../http/errors.ts';
import { receiveFiles } from '../../../http/multipart.ts';
import { idParams } from '../../../http/params.ts';
import { route } from '../../../http/route.ts';
import { presentFile, presentUpload } from '../presenters/knowledge.ts';
import { fileOut, queryIn, queryOut, uploadIn, uploadOut } from '../schemas/knowledge.ts';

const { filesPerUpload, fileBytes } = knowledgeLimits;

const upload = route({
  method: 'post',
  path: '/agents/{id}/upload',
  operationId: 'uploadKnowledge',
  summary: 'Give an agent files to look things up in',
  description:
    'Files are taken one by one: what is wrong with one is said in `rejected` and does not touch the others. 400 or 413 when none is taken. A file with the name of an old one replaces it. Indexing follows; see `status` of the file.',
  auth: 'developer',
  keyScope: 'agents:write',
  status: 201,
  params: idParams,
  body: uploadIn,
  bodyAs: 'stream',
  accepts: ['multipart/form-data'],
  returns: uploadOut,
  handle: async ({ ctx, params: { id: agentId }, koa }) => {
    // Before anything is stored: an agent that is not there takes no files.
    await getAgent(ctx, { agentId });
    const received = await receive(ctx.services, agentId, koa);
    const staged = received.filter((file) => 'blobKey' in file);
    const refused = received.filter((file) => 'reason' in file);
    if (staged.length === 0) throw nothingTaken(refused);
    try {
      const added = await addFiles(ctx, { agentId, files: staged });
      const rejected = [...refused, ...added.refused];
      if (added.files.length === 0) throw nothingTaken(rejected);
      return presentUpload(added.files, rejected);
    } catch (error) {
      if (!(error instanceof HttpError)) await dropAll(ctx.services, staged);
      throw error;
    }
  },
});

const receive = (
  services: Services,
  agentId: string,
  koa: Koa.Context,
): Promise<(StagedFile | RefusedFile)[]> =>
  receiveFiles(koa, {
    maxFiles: filesPerUpload,
    maxBytes: filesPerUpload * fileBytes + 1_048_576,
    keep: (name, source) => stageFile(services, { agentId, name, source }),
    drop: async (file) => {
      if ('blobKey' in file) await services.ports.blobs.remove(file.blobKey);
    },
  });

async function dropAll(services: Services, files: readonly StagedFile[]): Promise<void> {
  await Promise.allSettled(files.map(({ blobKey }) => services.ports.blobs.remove(blobKey)));
}

const nothingTaken = (refused: readonly RefusedFile[]): HttpError =>
  new HttpError(refused.every(({ tooLarge }) => tooLarge) ? 413 : 400, 'None of the files was taken.', {
    fields: refused.map(({ name, reason }) => ({ path: name, message: reason })),
  });

const list = route({
  method: 'get',
  path: '/agents/{id}/files',
  operationId: 'listKnowledge',
  summary: 'The files of an agent, and how far their indexes are',
  auth: 'member',
  status: 200,
  params: idParams,
  returns: z.array(fileOut),
  handle: async ({ ctx, params }) => (await listFiles(ctx, { agentId: params.id })).map(presentFile),
});

const remove = route({
  method: 'delete',
  path: '/agents/{id}/files/{filename}',
  operationId: 'deleteKnowledge',
  summary: 'Delete a file and everything the agent knows from it',
  auth: 'developer',
  status: 204,
  params: idParams.extend({ filename: z.string().min(1).max(1_000) }),
  handle: async ({ ctx, params }) => {
    await deleteFile(ctx, { agentId: params.id, name: params.filename });
    return undefined;
  },
});

const query = route({
  method: 'post',
  path: '/agents/{id}/query',
  operationId: 'queryKnowledge',
  summary: 'Ask an agent’s files: the passages that may answer, best first',
  auth: 'member',
  keyScope: 'agents:read',
  status: 200,
  params: idParams,
  body: queryIn,
  returns: queryOut,
  wireNames: { question: 'query' },
  handle: async ({ ctx, params, body }) => ({
    query: body.query,
    results: await queryKnowledge(ctx, {
      agentId: params.id,
      question: body.query,
      ...(body.limit === undefined ? {} : { limit: body.limit }),
    }),
  }),
});

export const knowledgeRoutes = [upload, list, remove, query];
