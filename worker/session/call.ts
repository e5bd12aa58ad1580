import { type JobContext, voice } from '@livekit/agents';
import { RoomEvent } from '@livekit/rtc-node';
import { composesFirst, openingWords } from '../../core/agents/opening-words.ts';
import { agentStateAttribute, type CallPlan, callIdAttribute } from '../../core/calls/plan.ts';
import { background } from '../../platform/background.ts';
import { allowedHosts } from '../../platform/config.ts';
import { messageOf } from '../message-of.ts';
import { makeProviders, type ProviderSet } from '../providers/index.ts';
import { addToolServers, callTools, reportUnknownCalls, type ToolKit, ToolUses } from '../tools/index.ts';
import { watchForMachines } from './amd/watch-machines.ts';
import { Caller } from './caller.ts';
import { beginRecording, consentLine } from './consent.ts';
import { Refusal } from './control/refusal.ts';
import { Credentials } from './credentials.ts';
import { endCall } from './ending.ts';
import { Faults } from './faults.ts';
import { streamOf } from './frames.ts';
import { both, HandOffRefused, handOff } from './hand-off.ts';
import { hangUpAfter } from './hang-up-after.ts';
import { turnOf } from './history.ts';
import { type CallHost, jobTerminated } from './host.ts';
import { watchClock, watchManners } from './manners.ts';
import { CallOver, type Ending } from './outcome.ts';
import { type CallParts, callParts } from './parts.ts';
import { Speech } from './speech.ts';
import { buildSession, startSession } from './start-session.ts';
import { Switchboard } from './switchboard.ts';
import { within } from './within.ts';

/** A greeting does not wait longer for the tools of other servers; they come when they come. */
const toolServersMs = 1_000;
/**
 * A line is not answered by an agent that hears nothing, unless its recogniser takes longer than this to be reached.
 */
const recogniserMs = 2_000;

/**
 * One call from dispatch to hang-up: prepare, talk, end, in this order. `run` returns when everything is reported and
 * the room is left; it throws only when the call could not even begin.
 */
export class Call {
  readonly #parts: CallParts;
  readonly #caller: Caller;
  readonly #speech: Speech;
  readonly #faults: Faults;
  readonly #switchboard: Switchboard;
  readonly #uses = new ToolUses();
  readonly #startedAt = Date.now();
  #providers: ProviderSet | undefined;
  #session: voice.AgentSession | undefined;
  #manners = new AbortController();

  constructor(ctx: JobContext, plan: CallPlan, host: CallHost) {
    this.#parts = callParts(ctx, plan, host);
    this.#caller = new Caller(this.#parts);
    this.#speech = new Speech(this.#parts, () => this.#switchboard.busy);
    this.#faults = new Faults(this.#parts, this.#speech, () => this.#switchboard.guests.present);
    this.#switchboard = new Switchboard(this.#parts, {
      caller: this.#caller,
      speech: this.#speech,
      handOff: (agentId) => this.#handOffNow(agentId),
    });
  }

  async run(): Promise<Ending> {
    const { outcome, host, log } = this.#parts;
    const stop = () => {
      if (host.stopping.reason === jobTerminated)
        outcome.finish('operator_hung_up', 'The job was terminated.');
      else outcome.finish('worker_stopped', 'The worker is stopping.', 'stopped');
    };
    host.stopping.addEventListener('abort', stop, { once: true });
    try {
      this.#caller.watchRoom();
      await this.#prepare();
      await this.#talk();
    } catch (error) {
      if (!(error instanceof CallOver)) {
        log.error({ err: error }, 'a call failed');
        outcome.finish('internal_error', messageOf(error), 'failed');
      }
    } finally {
      host.stopping.removeEventListener('abort', stop);
    }
    const ending = await outcome.wait();
    await endCall(this.#parts, ending, {
      session: this.#session,
      providers: this.#providers,
      caller: this.#caller,
      speech: this.#speech,
    });
    return ending;
  }

  /** Everything that can be done before the line is up: plugins connected, greeting spoken into memory, track there. */
  async #prepare(): Promise<void> {
    const { plan, host, ctx, events, outcome, output, log } = this.#parts;
    const identity = ctx.room.localParticipant?.identity ?? '';
    events.emit({ type: 'agent.joined', hostId: host.hostId, identity });
    const providers = await makeProviders(host.config.env, plan.definition, this.#faults);
    this.#providers = providers;
    this.#speech.use(providers);
    for (const warning of providers.warnings) events.emit({ type: 'error', ...warning, recoverable: true });
    outcome.signal.throwIfAborted();
    const opening = this.#opening();
    const words = [consentLine(plan), opening].filter(Boolean);
    const rendered = Promise.all(words.map((text) => this.#speech.render(text)));
    rendered.catch(() => undefined);
    const started = this.#start(providers);
    started.catch(() => undefined);
    // livekit-sip answers an inbound call the moment there is a track to hear, so there it comes last.
    const answers = plan.channel === 'phone' && plan.direction === 'inbound';
    if (!answers) output.publish();
    await started;
    await within(recogniserMs, Promise.race([providers.stt.listens, outcome.wait()]));
    await rendered.catch((error: unknown) => outcome.finish('provider_failed', messageOf(error), 'failed'));
    outcome.signal.throwIfAborted();
    output.publish();
    events.emit({ type: 'agent.ready', preparedMs: Date.now() - this.#startedAt });
    this.#sayReady();
    // Rendered while they can be, for the moment when they cannot.
    background(log, 'rendering phrases ahead', this.#speech.keepPhrases());
    log.debug({ preparedMs: Date.now() - this.#startedAt }, 'agent ready');
  }

  /** What is said without waiting for the caller, if anything. */
  #opening(): string {
    const { definition, resume } = this.#parts.plan;
    if (this.#switchboard.silence.on) return '';
    const turn = resume ? turnOf(resume) : 'greet';
    if (turn === 'caller') return '';
    if (turn === 'agent') return this.#speech.phrase('back');
    return openingWords(definition);
  }

  async #start(providers: ProviderSet): Promise<void> {
    const [speech, faults] = [this.#speech, this.#faults];
    const { kit, tools, addServers } = this.#tools();
    const { silence } = this.#switchboard;
    const built = buildSession(this.#parts, { providers, speech, faults, tools, silence });
    this.#session = built.session;
    speech.attach(built.session);
    faults.attach(built.session);
    this.#switchboard.attach(built.session, providers);
    reportUnknownCalls(built.session, kit);
    const started = startSession(this.#parts, built);
    const servers = addServers(started.then(() => built.agent));
    await started;
    await within(toolServersMs, servers);
  }

  /** Of the agent that the plan names now; those of other servers come when they are there. */
  #tools() {
    const kit = this.#toolKit();
    const tools = callTools(kit);
    return { kit, tools, addServers: (agent: Promise<voice.Agent>) => addToolServers(kit, tools, agent) };
  }

  #toolKit(): ToolKit {
    const { plan, events, log, host, outcome } = this.#parts;
    const { controlPlaneUrl, secrets } = host.config;
    const credentials = new Credentials(plan, host.config);
    return {
      ...{ plan, events, log },
      over: outcome.signal,
      uses: this.#uses,
      controlPlane: { url: controlPlaneUrl, token: secrets.internalToken },
      allowHosts: allowedHosts(host.config),
      credential: (name) => credentials.get(name),
      personNumber: () => this.#caller.number,
      say: (text) => this.#speech.saySoon(text, 'say'),
      hangUpAfter: (speech) => this.#hangUpAfter(speech),
      transfer: (order) => this.#switchboard.transfers.transfer(order),
      handOff: (agentId) => this.#handOff(agentId),
      takeKeys: (hear) => this.#switchboard.keys.collect(hear),
      pressKeys: (keys) => this.#switchboard.keypad.press(keys),
      depart: (kind) => this.#switchboard.departures.begin(kind),
    };
  }

  async #handOff(agentId: string): Promise<voice.Agent> {
    const [session, before] = [this.#session, this.#providers];
    if (!session || !before) throw new Error('The session did not start.');
    const { agent, providers } = await handOff(
      {
        ...{ parts: this.#parts, session, speech: this.#speech, faults: this.#faults },
        silence: this.#switchboard.silence,
        tools: () => this.#tools(),
      },
      agentId,
    );
    this.#providers = both(providers, before);
    this.#switchboard.attach(session, providers);
    this.#watchManners(session);
    return agent;
  }

  /** By command: at once, whoever is speaking. */
  async #handOffNow(agentId: string): Promise<string> {
    const agent = await this.#handOff(agentId).catch((error: unknown) => {
      throw error instanceof HandOffRefused ? new Refusal(error.message) : error;
    });
    this.#session?.interrupt({ force: true });
    this.#session?.updateAgent(agent);
    return `${this.#parts.plan.agent.name} goes on.`;
  }

  async #talk(): Promise<void> {
    const { output, events, outcome, log } = this.#parts;
    const session = this.#session;
    if (!session) throw new Error('The session did not start.');
    await this.#caller.awaitAnswer();
    const { answeredAt } = this.#caller;
    output.once(voice.AudioOutput.EVENT_PLAYBACK_STARTED, ({ createdAt }: { createdAt: number }) =>
      events.emit({ type: 'agent.first_word', afterAnswerMs: createdAt - answeredAt }),
    );
    const { silence } = this.#switchboard;
    watchForMachines(this.#parts, { session, speech: this.#speech, silence, answeredAt });
    await this.#open(session);
    if (this.#providers) background(log, 'connecting the synthesiser', this.#providers.tts.connectAhead());
    this.#watchManners(session);
    watchClock(session, this.#parts.plan, {
      ...{ say: this.#sayAsIs, over: outcome.signal },
      otherAgent: AbortSignal.any([outcome.signal, this.#manners.signal]),
    });
    await outcome.wait();
  }

  /** The first words: the greeting, or after a rescue a short apology and the reply that was lost. */
  async #open(session: voice.AgentSession): Promise<void> {
    const { plan, turns } = this.#parts;
    const opening = this.#opening();
    const { silence } = this.#switchboard;
    const owesReply = plan.resume ? turnOf(plan.resume) === 'agent' : composesFirst(plan.definition);
    await beginRecording(this.#parts, this.#speech);
    if (opening) {
      const samples = await this.#speech.render(opening);
      turns.announce(opening, plan.resume && owesReply ? 'apology' : 'greeting');
      session.say(opening, { audio: streamOf(samples) });
    }
    if (owesReply && !silence.on) session.generateReply();
  }

  readonly #sayAsIs = (text: string, source: 'greeting' | 'say') => this.#speech.saySoon(text, source);

  /** Those of the agent that the plan names now. */
  #watchManners(session: voice.AgentSession): void {
    const { plan, outcome, ctx } = this.#parts;
    this.#manners.abort();
    this.#manners = new AbortController();
    const onKey = watchManners(session, plan, {
      say: this.#sayAsIs,
      hangUp: (detail, withGoodbye) => {
        // "Goodbye, I put you through" ends no call that is being put through.
        if (!this.#switchboard.departures.current)
          outcome.finish('agent_hung_up', detail, withGoodbye ? 'bye' : null);
      },
      isBusy: () => this.#caller.isLeaving || this.#switchboard.busy || this.#uses.running,
      over: AbortSignal.any([outcome.signal, this.#manners.signal]),
    });
    ctx.room.on(RoomEvent.DtmfReceived, onKey);
  }

  #hangUpAfter(speech: voice.SpeechHandle): string | undefined {
    const { outcome, turns } = this.#parts;
    return hangUpAfter(speech, {
      ...{ outcome, turns, departures: this.#switchboard.departures },
      sayGoodbye: () => {
        const text = this.#speech.phrase('bye');
        turns.announce(text, 'say');
        return this.#session?.say(text);
      },
    });
  }

  /** To whoever looks into the room (jobs/calls/agent.ts); it joined with the state `joining`. */
  #sayReady(): void {
    const { plan, ctx, log } = this.#parts;
    const attributes = { [callIdAttribute]: plan.callId, [agentStateAttribute]: 'ready' };
    const set = ctx.room.localParticipant?.setAttributes(attributes);
    if (set) background(log, 'saying that the agent is ready', set);
  }
}
