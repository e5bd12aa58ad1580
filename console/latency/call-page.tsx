import { useCallback } from 'react';
import { SignedIn } from '../session/signed-in.tsx';
import { type CallTurns, readCall } from './api.ts';
import { Waterfall } from './waterfall.tsx';

/** What was said in a call, and under each reply where its time went. */
export function CallPage({ callId }: { readonly callId: string }) {
  const read = useCallback(() => readCall(callId), [callId]);
  return (
    <SignedIn
      title="Turns of a call"
      className="latency"
      invitation="Sign in to see the turns of this call."
      read={read}
    >
      {(call) => <Transcript call={call} />}
    </SignedIn>
  );
}

function Transcript({ call: { transcript } }: { readonly call: CallTurns }) {
  const scaleMs = Math.max(1, ...transcript.map(({ latency }) => latency?.total_ms ?? 0));
  return (
    <>
      <p>
        <a href="/latency">All calls</a>
      </p>
      {transcript.length === 0 && <p role="status">Nobody has said anything in this call.</p>}
      <ol className="turns">
        {transcript.map(({ role, text, latency }, index) => (
          // A transcript only grows at its end.
          // biome-ignore lint/suspicious/noArrayIndexKey: turns have no id of their own
          <li key={index}>
            <p className="said">
              <span className="status">{role === 'agent' ? 'Agent' : 'Caller'}</span> {text}
            </p>
            {latency?.total_ms != null && <Waterfall parts={latency} scaleMs={scaleMs} />}
          </li>
        ))}
      </ol>
    </>
  );
}
