import { ReadableStream } from 'node:stream/web';
import { setTimeout as sleep } from 'node:timers/promises';
import { voice } from '@livekit/agents';
import { AudioFrame, AudioResampler } from '@livekit/rtc-node';
import { agentDefinition } from '../../core/agents/definition.ts';
import type { Logger } from '../../platform/log.ts';
import { waitFor } from '../../platform/retry.ts';
import type { Env } from '../../platform/settings.ts';
import { gatewayUrl } from '../providers/gateway.ts';
import { makeProviders, type ProviderHooks, type ProviderSet } from '../providers/index.ts';
import { voiceSampleRate } from '../providers/tts.ts';
import { CallAgent, type CallAgentHooks } from '../session/call-agent.ts';
import { newSession } from '../session/new-session.ts';
import { Patience, waitsOf } from '../session/patience.ts';
import { PhraseCache } from '../session/phrases.ts';
import { windowMs } from '../session/speech-state.ts';
import { TurnCues } from '../session/turn-cues.ts';
import { inferenceExecutor } from './inference.ts';

const question = 'Hello, what can you do for me?';
const heardRate = 16_000;
const timeoutMs = 8_000;
/** At the first start the gateway fetches its models. */
const gatewayTimeoutMs = 120_000;

const nothing = () => undefined;
const providerHooks: ProviderHooks = {
  onFault: nothing,
  onSwitch: nothing,
  onExhausted: nothing,
  onDeaf: nothing,
  onLost: nothing,
  filler: () => [],
  restartText: '',
  webhook: { headers: {}, allowHosts: [], credential: async () => null },
};
const agentHooks: CallAgentHooks = {
  fillerText: '',
  apologyText: () => '',
  onStall: nothing,
  onRunaway: nothing,
  onAnswer: nothing,
  silent: () => false,
  hearSilently: nothing,
};

/**
 * One question and one answer in memory, before the first call: code that has never run is several times as slow, and a
 * caller would hear it. Asks the local speech gateway only, whatever keys there are: a rehearsal costs nobody money.
 *
 * @returns whether the agent answered; never rejects
 */
export async function rehearse(env: Env, log: Logger): Promise<boolean> {
  if (!env.SPEECH_URL) return false;
  let providers: ProviderSet | undefined;
  try {
    const url = gatewayUrl(env);
    await waitFor('the speech gateway', () => isListening(url), {
      timeoutMs: gatewayTimeoutMs,
      everyMs: 250,
    });
    const startedAt = Date.now();
    const definition = agentDefinition.parse({ systemPrompt: 'You are rehearsing.' });
    providers = await makeProviders(withoutVendors(env), definition, providerHooks);
    const answered = await askOnce(definition, providers, log);
    log.debug({ answered, tookMs: Date.now() - startedAt }, 'rehearsed');
    return answered;
  } catch (error) {
    log.debug({ err: error }, 'the rehearsal failed');
    return false;
  } finally {
    await providers?.close();
  }
}

const isListening = (url: string): Promise<boolean> =>
  fetch(`${url}/v1/models`, { signal: AbortSignal.timeout(timeoutMs) }).then(
    async (response) => {
      await response.body?.cancel();
      return response.ok;
    },
    () => false,
  );

function withoutVendors(env: Env): Env {
  const { OPENAI_API_KEY, OPENAI_BASE_URL, DEEPGRAM_API_KEY, ELEVEN_API_KEY, ...local } = env;
  return local as Env;
}

async function askOnce(
  definition: ReturnType<typeof agentDefinition.parse>,
  providers: ProviderSet,
  log: Logger,
): Promise<boolean> {
  const cues = new TurnCues();
  const patience = new Patience(waitsOf(definition), log, cues);
  const spoken = await new PhraseCache().render(providers, question);
  const session = newSession(definition, providers, inferenceExecutor, { patience, cues });
  session.on(voice.AgentSessionEventTypes.Error, nothing);
  cues.servedBy(providers.stt);
  cues.watch(session);
  const output = new UnheardOutput();
  session.input.audio = new SpokenInput(spoken);
  session.output.audio = output;
  try {
    await session.start({ agent: new CallAgent({ instructions: definition.systemPrompt }, agentHooks) });
    return await Promise.race([output.spoke, sleep(timeoutMs, false)]);
  } finally {
    await session.close();
  }
}

/** Somebody who asks once, at the pace of speech, and then listens. */
class SpokenInput extends voice.AudioInput {
  #closed = false;

  constructor(spoken: Int16Array) {
    super();
    this.multiStream.addInputStream(ReadableStream.from(this.#frames(spoken)));
  }

  override async close(): Promise<void> {
    this.#closed = true;
    await super.close();
  }

  async *#frames(spoken: Int16Array): AsyncGenerator<AudioFrame> {
    const samples = atHeardRate(spoken);
    const size = (heardRate * windowMs) / 1_000;
    for (let at = 0; !this.#closed; at += size) {
      const window = new Int16Array(size);
      window.set(samples.subarray(at, at + size));
      yield new AudioFrame(window, heardRate, 1, size);
      await sleep(windowMs);
    }
  }
}

function atHeardRate(spoken: Int16Array): Int16Array {
  const resampler = new AudioResampler(voiceSampleRate, heardRate, 1);
  try {
    const whole = new AudioFrame(spoken, voiceSampleRate, 1, spoken.length);
    const parts = [...resampler.push(whole), ...resampler.flush()];
    return Int16Array.from(parts.flatMap(({ data }) => [...data]));
  } finally {
    resampler.close();
  }
}

/** Takes the answer, which nobody hears. */
class UnheardOutput extends voice.AudioOutput {
  readonly spoke: Promise<boolean>;
  #tellSpoke: (spoke: boolean) => void = nothing;
  #open = false;

  constructor() {
    super(voiceSampleRate, undefined, { pause: true });
    this.spoke = new Promise((resolve) => {
      this.#tellSpoke = resolve;
    });
  }

  override async captureFrame(frame: AudioFrame): Promise<void> {
    await super.captureFrame(frame);
    if (!this.#open) this.onPlaybackStarted(Date.now());
    this.#open = true;
    this.#tellSpoke(true);
  }

  override flush(): void {
    super.flush();
    this.#finish();
  }

  override clearBuffer(): void {
    this.#finish();
  }

  #finish(): void {
    if (!this.#open) return;
    this.#open = false;
    this.onPlaybackFinished({ playbackPosition: 0, interrupted: false });
  }
}
