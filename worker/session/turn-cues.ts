import { voice } from '@livekit/agents';
import type { FallbackStt } from '../providers/fallback/stt.ts';
import { type SpeechWindow, windowMs } from './speech-state.ts';

/** Voice after a final transcript that cannot be the end of what it says: the detector's own tail is shorter. */
const newWordsMs = 96;

/** What the voice detector and the end-of-turn model know of the caller's turn, told to whoever transcribes it. */
export class TurnCues {
  #listener: FallbackStt | undefined;
  #isSilent = true;
  #voiceMs = 0;

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
    if (!this.#isSilent) this.#voiceMs += windowMs;
    this.#listener?.callerSilentFor(silenceRunMs);
  }

  /** A final transcript has come, or the turn is over. */
  understood(): void {
    this.#voiceMs = 0;
  }

  /** The caller has said more since the last final transcript: the next one is on its way. */
  get owesWords(): boolean {
    return this.#voiceMs >= newWordsMs;
  }

  /** The turn is certainly over: the recogniser need not wait for more words. */
  turnOver(): void {
    if (this.#isSilent) this.#listener?.finalize();
  }
}
