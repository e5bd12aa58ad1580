import { Readable } from 'node:stream';
import { z } from 'zod';
import { audioBytes, getRecording, openRecording, readAudio } from '../../../../core/recordings/index.ts';
import { HttpError } from '../../../http/errors.ts';
import { idParams, intParam } from '../../../http/params.ts';
import { parseRange } from '../../../http/range.ts';
import { route } from '../../../http/route.ts';
import { presentRecording } from '../presenters/recording.ts';
import { recordingOut } from '../schemas/recording.ts';

const get = route({
  method: 'get',
  path: '/calls/{id}/recording',
  operationId: 'getRecording',
  summary: 'The recording of a call, with links to hear it',
  description: 'The links work for an hour, for whoever has them. 404 when the call was not recorded.',
  auth: 'member',
  status: 200,
  params: idParams,
  returns: recordingOut,
  handle: async ({ ctx, params, koa }) => {
    koa.set('Cache-Control', 'no-store');
    const recording = await getRecording(ctx, { callId: params.id });
    return presentRecording(recording, params.id, ctx.services.publicUrl);
  },
});

const audio = route({
  method: 'get',
  path: '/calls/{id}/recording/audio',
  operationId: 'getRecordingAudio',
  summary: 'The sound of a call, by a signed link',
  description:
    'WAV, 16 bits, the caller on the left and the agent on the right, or both in one with `layout=mono`. Takes Range. While the call is on, what is there so far.',
  auth: 'public',
  status: 200,
  contentType: 'audio/wav',
  otherStatus: 206,
  errors: [403, 416],
  params: idParams,
  query: z.object({
    expires: intParam({ min: 0, max: 9_000_000_000_000, fallback: 0 }),
    signature: z.string().max(200).default(''),
    layout: z.enum(['stereo', 'mono']).default('stereo'),
  }),
  handle: async ({ ctx, params, query, koa }) => {
    const { expires, signature, layout } = query;
    const link = { callId: params.id, expiresAtMs: expires, signature };
    const recording = await openRecording(ctx, link);
    const { log, ports } = ctx.services;
    const source = { ...recording, log, blobs: ports.blobs, channels: layout === 'mono' ? 1 : 2 } as const;
    const size = audioBytes(source);
    koa.set({ 'Accept-Ranges': 'bytes', 'Cache-Control': 'private, no-store' });
    koa.type = 'audio/wav';
    const range = parseRange(koa.get('Range'), size);
    if (range === 'unsatisfiable')
      throw new HttpError(416, `The recording has ${size} bytes.`, {
        headers: { 'Content-Range': `bytes */${size}` },
      });
    const { from, to } = range ?? { from: 0, to: size - 1 };
    koa.status = range === undefined ? 200 : 206;
    if (range !== undefined) koa.set('Content-Range', `bytes ${from}-${to}/${size}`);
    koa.body = Readable.from(readAudio(source, from, to), { objectMode: false });
    koa.length = to - from + 1;
    return undefined;
  },
});

export const recordingRoutes = [get, audio];
