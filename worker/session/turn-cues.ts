import { voice } from '@livekit/agents';
import type { FallbackStt } from '../providers/fallback/stt.ts';
import type { SpeechWindow } from './speech-state.ts';

/** What the voice detector and the end-of-turn model know of the caller's turn, told to whoever transcribes it. */
export class TurnCues {
  #listener: FallbackStt | undefined;
  #isSilent = true;

  /** Another one after a hand-off. */
  servedBy(listener: FallbackStt): void {
    this.#listener = listener;
  }

  watch(session: voice.AgentSession): void {
    session.on(voice.AgentSessionEventTypes.UserStateChanged, ({ newState }) =>
      this.#listener?.callerSpeaks(newState === 'speaking'),
    );
  }

  /** A window of the voice detector. */
  heard({ silenceRunMs }: Pick<SpeechWindow, 'silenceRunMs'>): void {
    this.#isSilent = silenceRunMs > 0;
    this.#listener?.callerSilentFor(silenceRunMs);
  }

  /** The turn is certainly over: the recogniser need not wait for more words. */
  turnOver(): void {
    if (this.#isSilent) this.#listener?.finalize();
  }
}
