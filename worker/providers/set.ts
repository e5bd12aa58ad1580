import type { FallbackLlm } from './fallback/llm.ts';
import type { FallbackStt } from './fallback/stt.ts';
import type { FallbackTts } from './fallback/tts.ts';
import type { ProviderWarning } from './fault.ts';

/** What does the listening, thinking and speaking of one call. Each call has its own: they hold sockets. */
export interface ProviderSet {
  readonly stt: FallbackStt;
  readonly llm: FallbackLlm;
  readonly tts: FallbackTts;
  /**
   * What distinguishes this voice from another, for the cache of rendered phrases. Another provider is another voice.
   */
  voiceKey(): string;
  /** Where the definition could not be followed to the letter. */
  readonly warnings: readonly ProviderWarning[];
  /** A recogniser for somebody else on the line. To be closed by whoever asks for it. */
  renewStt(): FallbackStt;
  close(): Promise<void>;
}
