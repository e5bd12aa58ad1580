import { type llm, voice } from '@livekit/agents';
import type { CallEventBody, TurnLatency } from '../../core/calls/events.ts';
import type { ProviderSet } from '../providers/index.ts';
import type { EventStream } from '../report/event-stream.ts';

type AgentTurn = Extract<CallEventBody, { type: 'agent.turn' }>;
export type SpeechSource = AgentTurn['source'];

const seconds = (value: number | undefined): number | null =>
  value === undefined || value < 0 ? null : Math.round(value * 1_000);

/** Turns what a session says about itself into call events: turns with their latency, interruptions. */
export class TurnReport {
  readonly #events: EventStream;
  /** Texts that did not come from the model, and why they were said. */
  readonly #announced: { text: string; source: SpeechSource }[] = [];
  /** The user's turns that no agent turn has answered yet. */
  #questions: llm.MetricsReport[] = [];
  #cutTranscript: string | undefined;
  #providers: (() => AgentTurn['providers']) | undefined;
  #answered = false;

  constructor(events: EventStream) {
    this.#events = events;
  }

  /** Who does the work now, so that a slow turn is laid at the right door. */
  servedBy({ stt, llm: brain, tts }: ProviderSet): void {
    this.#providers = () => ({ stt: stt.vendor, llm: brain.vendor, tts: tts.vendor });
  }

  /** Says beforehand where a text comes from, so that its turn is not taken for a reply. */
  announce(text: string, source: SpeechSource): void {
    this.#announced.push({ text: text.trim(), source });
  }

  /** Whether the agent has said something since the caller last spoke. */
  get answered(): boolean {
    return this.#answered;
  }

  watch(session: voice.AgentSession): void {
    session.on(voice.AgentSessionEventTypes.ConversationItemAdded, ({ item }) => {
      if (item.type !== 'message') return;
      if (item.role === 'user') this.#userTurn(item);
      else if (item.role === 'assistant') this.#agentTurn(item);
    });
  }

  /** The synchroniser knows which words were heard when speech is cut. Call it once the session has its output. */
  watchOutput(output: voice.AudioOutput): void {
    output.on(voice.AudioOutput.EVENT_PLAYBACK_FINISHED, (event: voice.PlaybackFinishedEvent) => {
      this.#cutTranscript = event.interrupted ? event.synchronizedTranscript : undefined;
    });
  }

  #userTurn(item: llm.ChatMessage): void {
    const { startedSpeakingAt, stoppedSpeakingAt } = item.metrics;
    this.#questions.push(item.metrics);
    this.#answered = false;
    this.#events.emit({
      type: 'user.turn',
      text: item.rawTextContent?.trim() ?? '',
      startedAt: seconds(startedSpeakingAt) ?? item.createdAt,
      endedAt: seconds(stoppedSpeakingAt) ?? item.createdAt,
    });
  }

  #agentTurn(item: llm.ChatMessage): void {
    const full = item.rawTextContent?.trim() ?? '';
    const source = this.#sourceOf(full);
    // A `say` that was cut keeps its whole text in the history; the model must know only what was heard.
    if (item.interrupted && source !== 'reply' && this.#cutTranscript !== undefined)
      item.content = [this.#cutTranscript];
    const text = item.rawTextContent?.trim() ?? '';
    const { startedSpeakingAt, stoppedSpeakingAt } = item.metrics;
    this.#events.emit({
      type: 'agent.turn',
      text,
      source,
      interrupted: item.interrupted,
      startedAt: seconds(startedSpeakingAt) ?? item.createdAt,
      endedAt: seconds(stoppedSpeakingAt) ?? Date.now(),
      latency: source === 'reply' ? this.#latency(item.metrics) : null,
      ...(source === 'reply' && this.#providers ? { providers: this.#providers() } : {}),
    });
    if (item.interrupted) this.#events.emit({ type: 'interrupted', spokenText: text });
    this.#answered ||= text !== '';
  }

  #latency(answer: llm.MetricsReport): TurnLatency {
    const audible = seconds(answer.startedSpeakingAt);
    const question = this.#questionBefore(audible ?? Date.now());
    const endOfSpeech = seconds(question?.stoppedSpeakingAt);
    return {
      transcriptionMs: seconds(question?.transcriptionDelay),
      endOfTurnMs: seconds(question?.endOfTurnDelay),
      llmFirstTokenMs: seconds(answer.llmNodeTtft),
      ttsFirstByteMs: seconds(answer.ttsNodeTtfb),
      totalMs: endOfSpeech === null || audible === null ? null : audible - endOfSpeech,
    };
  }

  /** A reply that was interrupted is reported after the turn that interrupted it, and is no answer to that one. */
  #questionBefore(audible: number): llm.MetricsReport | undefined {
    const asked = this.#questions.filter(
      ({ stoppedSpeakingAt }) => (seconds(stoppedSpeakingAt) ?? 0) <= audible,
    );
    this.#questions = this.#questions.filter((question) => !asked.includes(question));
    return asked.at(-1);
  }

  #sourceOf(text: string): SpeechSource {
    const index = this.#announced.findIndex((known) => known.text === text || known.text.startsWith(text));
    const [known] = index < 0 ? [] : this.#announced.splice(index, 1);
    return known?.source ?? 'reply';
  }
}
