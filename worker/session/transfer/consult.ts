import { type RemoteParticipant, RoomEvent } from '@livekit/rtc-node';
import { withResolvers } from '../../../platform/with-resolvers.ts';
import { durationMs } from '../frames.ts';
import { awayMs } from '../guests.ts';
import type { CallParts } from '../parts.ts';
import type { SideTrack } from '../side-track.ts';
import type { Speech } from '../speech.ts';
import { type Decision, decisionIn, decisionOfKey } from './decision.ts';
import { transferWords } from './words.ts';

/** Whoever picks up says hello first. */
const helloMs = 500;
/** Silence after the question, and after it was asked again. */
const patienceMs = [7_000, 7_000] as const;
/** A yes that comes while the last words of the question are still being said counts. */
const headStartMs = 1_500;

export type Answer = Decision | 'gone';

interface Consulting {
  readonly parts: CallParts;
  readonly speech: Speech;
  readonly aside: SideTrack;
  readonly person: RemoteParticipant;
  readonly briefing: string;
  /** Told of everything the person says until `stop`. */
  readonly listen: (hear: (text: string) => void) => { stop(): void };
  /** Aborted when the transfer is given up. */
  readonly signal: AbortSignal;
}

/**
 * Tells the person what the call is about and waits for their yes or no, by key or by voice. `voicemail`: they did not
 * react to a question asked twice, or what speaks is an answering machine. Rejects when the signal aborts.
 */
export async function consult(options: Consulting): Promise<Answer> {
  const { parts, speech, aside, person, briefing, signal, listen } = options;
  const { room } = parts.ctx;
  const decided = withResolvers<Answer>();
  const over = new AbortController();
  let asksSince = Number.POSITIVE_INFINITY;
  const onKey = (_code: number, digit: string, from: RemoteParticipant | undefined) => {
    const decision = from?.identity === person.identity ? decisionOfKey(digit) : undefined;
    if (decision) decided.resolve(decision);
  };
  const isThere = () => room.remoteParticipants.has(person.identity);
  const lookAgain = () =>
    pause(awayMs, over.signal).then(
      () => isThere() || decided.resolve('gone'),
      () => undefined,
    );
  const onGone = ({ identity }: RemoteParticipant) => {
    if (identity === person.identity) void lookAgain();
  };
  const onAbort = () => decided.reject(signal.reason);
  const ear = listen((text) => {
    const decision = decisionIn(text);
    if (decision === 'voicemail' || (decision && Date.now() > asksSince)) decided.resolve(decision);
  });
  room.on(RoomEvent.DtmfReceived, onKey);
  room.on(RoomEvent.ParticipantDisconnected, onGone);
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  // They may have hung up while the words for them were being found.
  if (!isThere()) onGone(person);
  const asking = (async () => {
    await pause(helloMs, over.signal);
    const { again } = transferWords(parts.plan.definition.language);
    for (const [index, text] of [briefing, again].entries()) {
      const samples = await speech.render(text);
      asksSince = Math.min(asksSince, Date.now() + Math.max(0, durationMs(samples) - headStartMs));
      over.signal.throwIfAborted();
      await aside.play(samples);
      await pause(patienceMs[index] ?? 0, over.signal);
    }
    decided.resolve('voicemail');
  })();
  asking.catch((error: unknown) => decided.reject(error));
  try {
    return await decided.promise;
  } finally {
    over.abort();
    ear.stop();
    aside.stop();
    room.off(RoomEvent.DtmfReceived, onKey);
    room.off(RoomEvent.ParticipantDisconnected, onGone);
    signal.removeEventListener('abort', onAbort);
  }
}

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    signal.addEventListener('abort', stop, { once: true });
  });
