import { type CallEvent, getCall } from '../../../../core/calls/index.ts';
import { stillStands } from '../../../../core/users/index.ts';
import { rethrowAfter } from '../../../http/open-streams.ts';
import { idParams } from '../../../http/params.ts';
import { route } from '../../../http/route.ts';
import { type EventStream, openEventStream } from '../../../http/sse.ts';
import type { OperatorDeps } from '../deps.ts';
import { presentEvent } from '../presenters/call.ts';

export const liveRoutes = ({ live, streams, closing, heartbeatMs }: OperatorDeps) => [
  route({
    method: 'get',
    path: '/calls/{id}/stream',
    operationId: 'streamCall',
    summary: 'What happens in a call, as server-sent events',
    description:
      'First what is recorded, then what happens, each event once. Ends after `ended`, or after `call.bridged` without `recorder`: then nobody of ours is in the call any more; or within 15 s after the key was revoked, or the sign-ins of the user were ended. `event:` is the type, `id:` is `epoch-seq`.',
    auth: 'member',
    status: 200,
    contentType: 'text/event-stream',
    params: idParams,
    handle: async ({ ctx, params, koa }) => {
      // Listening begins before the recorded events are read: what happens in between waits, and is sent once.
      let relay = (event: CallEvent): void => void waiting.push(event);
      const waiting: CallEvent[] = [];
      const found = await getCall(ctx, { callId: params.id });
      const leave = streams.enter(ctx);
      const unsubscribe = await live.subscribe(params.id, (event) => relay(event)).catch(rethrowAfter(leave));
      const stop = () => {
        leave();
        unsubscribe();
      };
      const recorded =
        found.call.status === 'ended'
          ? found
          : await getCall(ctx, { callId: params.id }).catch(rethrowAfter(stop));
      const since = new Date();
      const mayGoOn = () => stillStands(ctx, since);
      const stream = openEventStream(koa, { closing, onEnd: stop, mayGoOn, heartbeatMs });
      const send = sendOnce(stream);
      for (const event of recorded.events) send(event);
      for (const event of waiting) send(event);
      relay = send;
      const { status, bridgedAt, recorderStays } = recorded.call;
      if (status === 'ended' || (bridgedAt !== null && !recorderStays)) stream.end();
      return undefined;
    },
  }),
];

/** An event is sent the first time it comes; the last one of the worker in charge ends the stream. */
function sendOnce(stream: EventStream): (event: CallEvent) => void {
  const sent = new Set<string>();
  return (event) => {
    const id = `${event.epoch}-${event.seq}`;
    if (sent.has(id)) return;
    sent.add(id);
    stream.send(event.type, presentEvent(event), id);
    if (event.type === 'ended' || (event.type === 'call.bridged' && !event.recorder)) stream.end();
  };
}
