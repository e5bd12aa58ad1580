import { useEffect, useRef, useState } from 'react';
import { fetchAgentInfo } from './api.ts';
import type { Caption } from './captions.ts';
import { LevelMeter } from './level-meter.tsx';
import { explain } from './problem.ts';
import { type Call, useCall } from './use-call.ts';

export function TalkPage({ agent }: { readonly agent: string }) {
  const [name, setName] = useState('');
  const [isFree, setFree] = useState(true);
  const [unavailable, setUnavailable] = useState<string | null>(null);
  const call = useCall(agent);

  useEffect(() => {
    fetchAgentInfo(agent).then(
      (info) => {
        setName(info.name);
        setFree(info.online);
        document.title = `Talk to ${info.name}`;
      },
      (error: unknown) => setUnavailable(explain(error)),
    );
  }, [agent]);

  const inCall = call.state !== 'idle' && call.state !== 'ended';
  const problem = unavailable ?? call.problem;
  return (
    <main className="card">
      <header>
        <h1>{name === '' ? 'Talk' : name}</h1>
        <p className="status" role="status" data-state={call.state}>
          <StatusLine call={call} isFree={isFree} />
        </p>
      </header>
      {problem !== null && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      {unavailable === null && (
        <div className="controls">
          {inCall ? (
            <>
              <button type="button" className="hang-up" onClick={call.hangUp}>
                Hang up
              </button>
              <button
                type="button"
                className="mute"
                aria-pressed={call.muted}
                onClick={call.toggleMute}
                disabled={call.state !== 'live'}
              >
                {call.muted ? 'Unmute' : 'Mute'}
              </button>
            </>
          ) : (
            <button type="button" className="primary" onClick={call.start}>
              {call.state === 'ended' ? 'Call again' : 'Start the call'}
            </button>
          )}
        </div>
      )}
      {inCall && (
        <div className="meters">
          <LevelMeter label="You" track={call.muted ? null : call.microphone} />
          <LevelMeter label={name || 'Agent'} track={call.agentVoice} />
        </div>
      )}
      <Captions captions={call.captions} agentName={name || 'Agent'} />
    </main>
  );
}

/** `isFree`: somebody could answer at once when the page was opened. */
function StatusLine({ call, isFree }: { readonly call: Call; readonly isFree: boolean }) {
  switch (call.state) {
    case 'idle':
      return isFree
        ? 'Your browser will ask for the microphone.'
        : 'Nobody is free right now. You may call and wait, or come back later.';
    case 'connecting':
      return 'Connecting…';
    case 'waiting':
      return 'Waiting for the agent…';
    case 'queued':
      return 'Nobody is free right now. Stay on the line: you are connected as soon as somebody is.';
    case 'live':
      return <Timer since={call.startedAt} />;
    case 'ended':
      return 'The call has ended.';
  }
}

function Timer({ since }: { readonly since: number | null }) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  const seconds = Math.max(0, Math.floor((now - (since ?? now)) / 1_000));
  return (
    <>
      On the line{' '}
      <span aria-hidden="true">{`${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`}</span>
    </>
  );
}

function Captions({
  captions,
  agentName,
}: {
  readonly captions: readonly Caption[];
  readonly agentName: string;
}) {
  const list = useRef<HTMLOListElement>(null);
  const last = captions.at(-1);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a longer last line is what should scroll the list.
  useEffect(() => {
    list.current?.scrollTo({ top: list.current.scrollHeight });
  }, [captions.length, last?.text]);
  if (captions.length === 0) return null;
  return (
    <ol className="captions" aria-live="polite" aria-label="Captions" ref={list}>
      {captions.map((caption) => (
        <li key={caption.id} data-who={caption.who} data-final={caption.final}>
          <span className="speaker">{caption.who === 'you' ? 'You' : agentName}</span>
          <span className="words">{caption.text}</span>
        </li>
      ))}
    </ol>
  );
}
