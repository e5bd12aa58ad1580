import type { Gateway } from '../../gateway.ts';
import type { Dialect } from '../../http/route.ts';
import { listenFile } from './listen-file.ts';
import { listenSocket } from './listen-socket.ts';

/** Deepgram's API v1, the listening half: developers.deepgram.com/reference. */
export const deepgramDialect = (gateway: Gateway): Dialect => ({
  name: 'deepgram',
  routes: [listenFile(gateway)],
  sockets: [listenSocket(gateway)],
  owns: (path) => path.startsWith('/v1/listen'),
  errorBody: ({ reason, message }, requestId) => ({
    err_code: reason.toUpperCase(),
    err_msg: message,
    request_id: requestId,
  }),
  requestIdHeader: 'dg-request-id',
});
