import { asLanguageCode, inference, type ipc, voice } from '@livekit/agents';
import type { AgentDefinition } from '../../core/agents/definition.ts';
import type { ProviderSet } from '../providers/index.ts';
import type { CallParts } from './parts.ts';
import { type Patience, waitsOf } from './patience.ts';
import { frameworkSilenceMs, SpeechDetector } from './speech-detector.ts';
import { predictAfterMs } from './speech-state.ts';

const withoutModelMs = 400;
/** Silence after which a noise that stopped the agent, but was no word, is forgotten. */
const falseInterruptionMs = 1_000;

const interruptionOf = ({ turns }: AgentDefinition) => ({
  enabled: turns.interruptions,
  minDuration: turns.interruptAfterMs,
});

/** Another agent goes on in the session: it waits, and lets itself be interrupted, in its own way. */
export function followAgent(
  session: voice.AgentSession,
  definition: AgentDefinition,
  patience: Patience,
): void {
  patience.follow(waitsOf(definition));
  // The framework reads it anew each time, and has no other way to change it.
  Object.assign(session.sessionOptions.turnHandling.interruption, interruptionOf(definition));
}

/** The agent session of one call: the framework's defaults where they are good, ours where a caller would feel them. */
export function newSession(
  definition: AgentDefinition,
  providers: ProviderSet,
  executor: ipc.InferenceExecutor,
  { patience, cues, output }: Pick<CallParts, 'patience' | 'cues'> & Partial<Pick<CallParts, 'output'>>,
): voice.AgentSession {
  const { shortestMs, longestMs } = waitsOf(definition);
  const turnDetection = new inference.TurnDetector({
    // Named, because the defaults look for LiveKit's cloud.
    version: 'v1-mini',
    executor: patience.watch(executor, frameworkSilenceMs - predictAfterMs),
  });
  const session = new voice.AgentSession({
    stt: providers.stt,
    llm: providers.llm,
    tts: providers.tts,
    vad: new SpeechDetector((window) => {
      cues.heard(window);
      output?.listens(window);
    }),
    connOptions: {
      // We decide when a fault ends the call.
      maxUnrecoverableErrors: 1_000,
    },
    turnHandling: {
      turnDetection,
      interruption: {
        ...interruptionOf(definition),
        mode: 'vad',
        falseInterruptionTimeout: falseInterruptionMs,
      },
      endpointing: {
        mode: 'fixed',
        // Ours is the longer one (patience.ts); this is for when the model does not know the language or is silent.
        minDelay: Math.max(shortestMs, withoutModelMs),
        maxDelay: longestMs,
      },
      preemptiveGeneration: { enabled: true, preemptiveTts: true },
    },
    // Its default makes the agent deaf to interruptions for its first three seconds.
    aecWarmupDuration: null,
    userAwayTimeout: null,
    maxToolSteps: 6,
  });
  turnDetection
    .unlikelyThreshold(asLanguageCode(definition.language))
    .then((threshold) => patience.attach(session, threshold));
  return session;
}
