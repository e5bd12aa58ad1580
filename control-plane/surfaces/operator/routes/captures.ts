import { z } from 'zod';
import {
  type CaptureWithLink,
  listCaptures,
  openCapture,
  requestCapture,
} from '../../../../core/captures/index.ts';
import { phoneNumberField } from '../../../../core/fields.ts';
import { idParams, intParam } from '../../../http/params.ts';
import { route } from '../../../http/route.ts';

const captureOut = z
  .object({
    id: z.uuid(),
    state: z
      .enum(['asked', 'starting', 'waiting', 'ready', 'failed'])
      .meta({ description: 'waiting: the next call will be captured.' }),
    detail: z.string().meta({ description: 'Why it failed, or why it is not the whole of the call.' }),
    call_id: z.uuid().nullable(),
    sip_call_id: z.string().nullable(),
    size: z.number().int().meta({ description: 'Bytes.' }),
    created_at: z.iso.datetime(),
    url: z.url().nullable().meta({ description: 'The file (pcap), for an hour, for whoever has the link.' }),
    url_expires_at: z.iso.datetime().nullable(),
  })
  .meta({ id: 'PacketCapture' });

const present = (capture: CaptureWithLink, publicUrl: string): z.input<typeof captureOut> => ({
  id: capture.id,
  state: capture.state,
  detail: capture.detail,
  call_id: capture.callId,
  sip_call_id: capture.sipCallId,
  size: capture.sizeBytes,
  created_at: capture.createdAt.toISOString(),
  url: capture.link && `${publicUrl}/captures/${capture.id}/file?${capture.link.query}`,
  url_expires_at: capture.link?.expiresAt.toISOString() ?? null,
});

const numberParams = z.object({ number: phoneNumberField });

const request = route({
  method: 'post',
  path: '/phonenumbers/{number}/captures',
  operationId: 'requestCapture',
  summary: 'Capture the SIP and RTP packets of the next call of a number, for diagnosis',
  description:
    'Of the next call that comes in or goes out over it within ten minutes; at most ten minutes and 20 MB of it. 503 says what is missing: the program, the permission, or livekit-sip on this machine. 409 while one is waited for.',
  auth: 'admin',
  status: 201,
  errors: [404, 409, 503],
  params: numberParams,
  returns: captureOut,
  wireNames: { phoneNumber: 'number' },
  handle: async ({ ctx, params }) => {
    const capture = await requestCapture(ctx, { phoneNumber: params.number });
    return present({ ...capture, link: null }, ctx.services.publicUrl);
  },
});

const list = route({
  method: 'get',
  path: '/phonenumbers/{number}/captures',
  operationId: 'listCaptures',
  summary: 'The packet captures of a number, with links to their files',
  auth: 'admin',
  status: 200,
  errors: [404],
  params: numberParams,
  returns: z.array(captureOut),
  handle: async ({ ctx, params, koa }) => {
    koa.set('Cache-Control', 'no-store');
    const captures = await listCaptures(ctx, { phoneNumber: params.number });
    return captures.map((capture) => present(capture, ctx.services.publicUrl));
  },
});

const file = route({
  method: 'get',
  path: '/captures/{id}/file',
  operationId: 'getCaptureFile',
  summary: 'The packets of a call, by a signed link',
  auth: 'public',
  status: 200,
  contentType: 'application/vnd.tcpdump.pcap',
  errors: [403, 404],
  params: idParams,
  query: z.object({
    expires: intParam({ min: 0, max: 9_000_000_000_000, fallback: 0 }),
    signature: z.string().max(200).default(''),
  }),
  handle: async ({ ctx, params, query, koa }) => {
    const { expires, signature } = query;
    const { blobKey, sizeBytes } = await openCapture(ctx, { id: params.id, expiresAtMs: expires, signature });
    const bytes = await ctx.services.ports.blobs.get(blobKey);
    koa.set('Cache-Control', 'private, no-store');
    koa.attachment(`call-${params.id}.pcap`);
    koa.type = 'application/vnd.tcpdump.pcap';
    koa.body = bytes;
    koa.length = sizeBytes;
    return undefined;
  },
});

export const captureRoutes = [request, list, file];
