import { locateCall } from '../../../core/calls/locate.ts';
import { addPiece, stagePiece } from '../../../core/recordings/index.ts';
import { pieceLimitBytes, pieceParams, pieceQuery } from '../../../core/recordings/piece.ts';
import { HttpError } from '../../http/errors.ts';
import { route } from '../../http/route.ts';

/** Takes a piece of a recording from a worker, which may be on another machine. */
export const putRecordingPiece = route({
  method: 'put',
  path: '/internal/recordings/{callId}/{epoch}/{seq}',
  operationId: 'putRecordingPiece',
  summary: 'One piece of a call’s recording, as a WAV file of two channels',
  description: 'Idempotent: a worker that is not sure sends it again.',
  auth: 'system',
  status: 204,
  errors: [404, 413, 415],
  params: pieceParams,
  query: pieceQuery,
  bodyAs: 'stream',
  accepts: ['audio/wav'],
  handle: async ({ ctx, params, query, koa }) => {
    if (!koa.is('audio/wav')) throw new HttpError(415, 'Send the piece as audio/wav.');
    if (Number(koa.get('content-length') || 0) > pieceLimitBytes)
      throw new HttpError(413, `A piece has at most ${pieceLimitBytes} bytes.`, {
        headers: { Connection: 'close' },
      });
    const { workspaceId } = await locateCall(ctx, { callId: params.callId });
    // A refusal must not tear down the connection on which it is to be said.
    const bytes = koa.req.iterator({ destroyOnReturn: false });
    const staged = await stagePiece(ctx.services, workspaceId, params, bytes);
    await addPiece(ctx, {
      ...params,
      ...staged,
      stretchStartedAt: new Date(query.stretch),
      offsetSamples: query.offset,
      isLast: query.last,
    });
    return undefined;
  },
});
