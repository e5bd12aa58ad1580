import {
  ConnectionState,
  type LocalAudioTrack,
  type RemoteAudioTrack,
  type RemoteTrack,
  Room,
  RoomEvent,
  Track,
} from 'livekit-client';
import { useCallback, useEffect, useRef, useState } from 'react';
import { requestInvitation, TalkError } from './api.ts';
import { type Caption, followTranscription, withCaption } from './captions.ts';
import { agentOffline, explain, explainEnd, insecurePage, microphoneSupported } from './problem.ts';

/** `queued`: waiting for longer than an agent that is free takes. */
export type CallState = 'idle' | 'connecting' | 'waiting' | 'queued' | 'live' | 'ended';

export interface Call {
  readonly state: CallState;
  readonly problem: string | null;
  readonly captions: readonly Caption[];
  readonly muted: boolean;
  readonly startedAt: number | null;
  readonly microphone: LocalAudioTrack | null;
  readonly agentVoice: RemoteAudioTrack | null;
  start(): void;
  hangUp(): void;
  toggleMute(): void;
}

const queuedAfterMs = 6_000;
/** The server turns a visitor away who waits for too long (CALLER_WAIT_SECONDS); this is for a server that cannot. */
const agentTimeoutMs = 120_000;

export function useCall(agent: string): Call {
  const [state, setState] = useState<CallState>('idle');
  const [problem, setProblem] = useState<string | null>(null);
  const [captions, setCaptions] = useState<readonly Caption[]>([]);
  const [muted, setMuted] = useState(false);
  const [startedAt, setStartedAt] = useState<number | null>(null);
  const [microphone, setMicrophone] = useState<LocalAudioTrack | null>(null);
  const [agentVoice, setAgentVoice] = useState<RemoteAudioTrack | null>(null);
  const room = useRef<Room | null>(null);

  const start = useCallback(async () => {
    setProblem(null);
    setCaptions([]);
    setMuted(false);
    setStartedAt(null);
    setState('connecting');
    const next = new Room({ adaptiveStream: false, dynacast: false });
    room.current = next;
    let isAnswered = false;
    let queueTimer: ReturnType<typeof setTimeout> | undefined;
    let agentTimer: ReturnType<typeof setTimeout> | undefined;
    const stopWaiting = () => {
      clearTimeout(queueTimer);
      clearTimeout(agentTimer);
    };
    const finish = (message: string | null) => {
      stopWaiting();
      if (room.current !== next) return;
      room.current = null;
      setMicrophone(null);
      setAgentVoice(null);
      setProblem(message);
      setState('ended');
    };
    next.on(RoomEvent.Disconnected, (reason) => finish(explainEnd(reason, isAnswered)));
    next.on(RoomEvent.TrackSubscribed, (track: RemoteTrack) => {
      if (track.kind !== Track.Kind.Audio) return;
      isAnswered = true;
      stopWaiting();
      document.body.append(track.attach());
      setAgentVoice(track as RemoteAudioTrack);
      setStartedAt(Date.now());
      setState('live');
    });
    next.on(RoomEvent.TrackUnsubscribed, (track: RemoteTrack) => {
      for (const element of track.detach()) element.remove();
    });
    followTranscription(next, (caption) => setCaptions((before) => withCaption(before, caption)));
    try {
      if (!microphoneSupported()) throw new TalkError(insecurePage);
      // Permission comes first: no call is opened, and no agent occupied, for somebody who cannot speak.
      const permission = await navigator.mediaDevices.getUserMedia({ audio: true });
      for (const track of permission.getTracks()) track.stop();
      // Whoever has hung up meanwhile is not called.
      if (room.current !== next) return;
      const invitation = await requestInvitation(agent);
      if (room.current !== next) return;
      await next.connect(invitation.url, invitation.token);
      await next.startAudio();
      const publication = await next.localParticipant.setMicrophoneEnabled(true, {
        echoCancellation: true,
        noiseSuppression: true,
        autoGainControl: true,
      });
      setMicrophone(
        publication?.audioTrack instanceof Object ? (publication.audioTrack as LocalAudioTrack) : null,
      );
      setState((before) => (before === 'connecting' ? 'waiting' : before));
      queueTimer = setTimeout(() => {
        setState((before) => (before === 'waiting' ? 'queued' : before));
      }, queuedAfterMs);
      agentTimer = setTimeout(() => {
        finish(agentOffline);
        void next.disconnect();
      }, agentTimeoutMs);
      if (
        next.remoteParticipants.size > 0 &&
        [...next.remoteParticipants.values()].some((p) => p.audioTrackPublications.size > 0)
      )
        stopWaiting();
    } catch (error) {
      finish(explain(error));
      await next.disconnect();
    }
  }, [agent]);

  const hangUp = useCallback(() => {
    const current = room.current;
    // As long as nothing is connected, nothing will tell that it is over.
    if (current?.state === ConnectionState.Disconnected) {
      room.current = null;
      setState('ended');
    }
    void current?.disconnect();
  }, []);

  const toggleMute = useCallback(() => {
    const current = room.current;
    if (!current) return;
    setMuted((before) => {
      void current.localParticipant.setMicrophoneEnabled(before);
      return !before;
    });
  }, []);

  // Leaving the page hangs up: the agent must not talk to an empty chair.
  useEffect(() => {
    const leave = () => void room.current?.disconnect();
    addEventListener('pagehide', leave);
    return () => {
      removeEventListener('pagehide', leave);
      leave();
    };
  }, []);

  return {
    state,
    problem,
    captions,
    muted,
    startedAt,
    microphone,
    agentVoice,
    start: () => void start(),
    hangUp,
    toggleMute,
  };
}
