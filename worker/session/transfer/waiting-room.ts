import type { voice } from '@livekit/agents';
import type { RemoteParticipant } from '@livekit/rtc-node';
import type { TransferMode } from '../../../core/calls/transfers/state.ts';
import { background } from '../../../platform/background.ts';
import type { ProviderSet } from '../../providers/index.ts';
import { asideTrack, holdTrack } from '../hearing.ts';
import { saidSoFar } from '../history.ts';
import type { MediaGate } from '../media-gate.ts';
import { Overhear } from '../overhear.ts';
import type { CallParts } from '../parts.ts';
import { SideTrack } from '../side-track.ts';
import type { Speech } from '../speech.ts';
import { holdMusic, ringTone } from '../tones.ts';
import { within } from '../within.ts';
import { briefingFor } from './briefing.ts';
import { type Answer, consult } from './consult.ts';
import { transferWords } from './words.ts';

const announceTimeoutMs = 20_000;

/**
 * The sound side of a transfer: the caller waits with music, the person is spoken to alone, then both are connected.
 */
export class WaitingRoom {
  readonly #parts: CallParts;
  readonly #speech: Speech;
  readonly #gate: MediaGate;
  #session: voice.AgentSession | undefined;
  #providers: ProviderSet | undefined;
  #hold: SideTrack | undefined;
  #aside: SideTrack | undefined;

  constructor(parts: CallParts, speech: Speech, gate: MediaGate) {
    this.#parts = parts;
    this.#speech = speech;
    this.#gate = gate;
  }

  attach(session: voice.AgentSession, providers: ProviderSet): void {
    this.#session = session;
    this.#providers = providers;
  }

  /** The caller hears music. */
  get holds(): boolean {
    return this.#hold !== undefined;
  }

  /** Between the caller and the rest of the call there is only music, and the agent does not listen to them. */
  async hold(mode: TransferMode): Promise<void> {
    const { room } = this.#parts.ctx;
    this.#session?.input.setAudioEnabled(false);
    const hold = new SideTrack(room, holdTrack);
    this.#hold = hold;
    await hold.publish();
    hold.loop(mode === 'bridge' ? ringTone() : holdMusic());
    // Somebody who is connected as soon as they answer is never kept apart.
    if (mode !== 'bridge' || this.#isAnnounced) {
      this.#aside = new SideTrack(room, asideTrack);
      await this.#aside.publish();
    }
    if (mode !== 'bridge') await this.#gate.set('apart');
  }

  /** What the person will be told; worked out while their phone rings. */
  briefing(callerNumber: string | null): Promise<string> {
    const { plan, host } = this.#parts;
    const { OPENAI_API_KEY, OPENAI_BASE_URL } = host.config.env;
    // A webhook answers callers, not questions about them.
    const hasModel = plan.definition.brain.kind === 'managed' && (OPENAI_API_KEY || OPENAI_BASE_URL);
    const text = briefingFor({
      plan,
      callerNumber,
      history: saidSoFar(this.#requireSession()),
      model: hasModel ? (this.#providers?.llm ?? null) : null,
    });
    text.then((words) => this.#speech.render(words)).catch(() => undefined);
    return text;
  }

  async consult(person: RemoteParticipant, briefing: string, signal: AbortSignal): Promise<Answer> {
    const { ctx, log } = this.#parts;
    const [aside, providers] = [this.#aside, this.#providers];
    if (!aside || !providers) throw new Error('Nobody is on hold.');
    const answer = await consult({
      ...{ parts: this.#parts, speech: this.#speech, aside, person, briefing, signal },
      listen: (hear) => {
        const said = (text: string) => {
          log.debug({ pii: { text } }, 'the person of a transfer spoke');
          hear(text);
        };
        const ear = new Overhear(
          ctx.room,
          person.identity,
          providers.renewStt(),
          ({ text }) => said(text),
          log,
        );
        return { stop: () => ear.close() };
      },
    });
    const { connecting, goodbye } = transferWords(this.#parts.plan.definition.language);
    const last = answer === 'accepted' ? connecting : answer === 'declined' ? goodbye : undefined;
    if (last)
      await within(
        4_000,
        this.#speech.render(last).then((samples) => aside.play(samples)),
      );
    return answer;
  }

  /**
   * Tells the person that the call is recorded, in the words that the caller was told it. True: they may be recorded
   * too. False: there is no recording, or the words could not be said to their end. Never rejects.
   */
  async announceRecording(): Promise<boolean> {
    const { recording, log } = this.#parts;
    if (!recording.isUnderWay) return false;
    if (!this.#isAnnounced) return true;
    const announce = () => within(announceTimeoutMs, this.#sayAside(this.#consentLine));
    // A whisper may have cut it off the first time.
    const said = (await announce()) || (await announce());
    if (!said) log.warn('the person of a transfer could not be told of the recording and is not recorded');
    return said === true;
  }

  get #consentLine(): string {
    return this.#parts.plan.definition.recording.consentLine.trim();
  }

  get #isAnnounced(): boolean {
    return this.#parts.recording.isUnderWay && this.#consentLine !== '';
  }

  async #sayAside(text: string): Promise<boolean> {
    const samples = await this.#speech.render(text);
    return (await this.#aside?.play(samples)) ?? false;
  }

  /** Begins to say something to the person alone; false: nobody is being asked. */
  tellPerson(text: string): boolean {
    if (!this.#aside) return false;
    background(this.#parts.log, 'whispering to the person of a transfer', this.#sayAside(text));
    return true;
  }

  /** Caller and person hear each other. In a conference the agent goes on. */
  async connect(mode: TransferMode): Promise<void> {
    this.#hold?.stop();
    await this.#gate.set('together');
    if (mode !== 'conference') return;
    await this.#close();
    this.#session?.input.setAudioEnabled(true);
  }

  /** The call is over; whatever plays falls silent. */
  stop(): void {
    this.#hold?.stop();
    this.#aside?.stop();
  }

  /** The caller is with the agent again. */
  async release(): Promise<void> {
    this.#hold?.stop();
    if (this.#parts.outcome.ending) return;
    await within(
      2_000,
      this.#gate.set('together').catch(() => undefined),
    );
    await this.#close();
    this.#session?.input.setAudioEnabled(true);
  }

  async #close(): Promise<void> {
    const tracks = [this.#hold, this.#aside];
    this.#hold = undefined;
    this.#aside = undefined;
    for (const track of tracks)
      await within(
        2_000,
        track?.close().catch(() => undefined),
      );
  }

  #requireSession(): voice.AgentSession {
    if (!this.#session) throw new Error('The session did not start.');
    return this.#session;
  }
}
