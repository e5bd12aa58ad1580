import type { CallPlan } from '../../core/calls/plan.ts';
import { recordingRate } from '../../core/recordings/wav.ts';
import type { Logger } from '../../platform/log.ts';
import type { EventStream } from '../report/event-stream.ts';
import { Downsampler } from './downsampler.ts';
import { PieceFile } from './piece-file.ts';
import { StereoTimeline } from './timeline.ts';

const writeEveryMs = 1_000;
/** 3.8 MB: what a crash of a whole machine can cost, and what the control plane takes at once. */
const pieceMs = 60_000;

/** Samples of somebody at the recording's rate; answers what to call to hear no more. */
export type Listen = (hear: (samples: Int16Array, fresh: boolean) => void) => () => void;

interface Options {
  readonly plan: Pick<CallPlan, 'callId' | 'epoch'>;
  readonly dataDir: string;
  readonly events: Pick<EventStream, 'emit'>;
  readonly log: Logger;
  readonly listen: Listen;
}

/** A disk that keeps us waiting for longer is taken for broken. */
const maxWaiting = 60;

/** What lies between two pauses: one clock. */
interface Stretch {
  readonly timeline: StereoTimeline;
  readonly startedAt: number;
  /** Written so far, of each channel. */
  samples: number;
}

/**
 * Records one call in two channels, the caller left and the agent right, as both were heard in the room; whoever the
 * caller is put through to is on the right as well. Nothing before `start` and nothing during a pause is kept. Written
 * every second in pieces of a minute, which the uploader sends while the call goes on. A disk that fails ends the
 * recording, not the call.
 */
export class Recording {
  readonly #options: Options;
  readonly #agentVoice = new Downsampler();
  readonly #over = new AbortController();
  #state: 'off' | 'on' | 'paused' | 'stopped' = 'off';
  #stretch: Stretch | undefined;
  #seq = 0;
  #recordedMs = 0;
  /** What to call to hear nobody any more. */
  #deafen: (() => void)[] = [];
  readonly #people: Listen[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** Only touched by what runs in `#then`. */
  #piece: PieceFile | undefined;
  #writing: Promise<void> = Promise.resolve();
  #waiting = 0;
  #failed = false;

  constructor(options: Options) {
    this.#options = options;
  }

  get state(): 'off' | 'on' | 'paused' | 'stopped' {
    return this.#state;
  }

  /** Aborted when it has ended, also because the disk failed. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  /** It has begun and has not ended; it may be paused. */
  get isUnderWay(): boolean {
    return this.#state === 'on' || this.#state === 'paused';
  }

  /** Begins; whoever has to be told has been told. `paused`: another worker had paused it when it was lost. */
  start({ paused = false } = {}): void {
    if (this.#state !== 'off') return;
    this.#options.events.emit({ type: 'recording.started' });
    if (paused) {
      this.#state = 'paused';
      this.#options.events.emit({ type: 'recording.paused' });
    } else this.#open();
  }

  /** Nothing is kept from now on. False: there is nothing to pause. */
  pause(): boolean {
    if (this.#state !== 'on') return false;
    this.#state = 'paused';
    this.#close(false);
    this.#options.events.emit({ type: 'recording.paused' });
    return true;
  }

  /** False: it was not paused. */
  resume(): boolean {
    if (this.#state !== 'paused') return false;
    this.#open();
    this.#options.events.emit({ type: 'recording.resumed' });
    return true;
  }

  /** Ends it; resolves when everything is on disk. */
  async stop(detail = ''): Promise<void> {
    if (this.#state === 'stopped') return await this.#writing;
    const began = this.#state !== 'off';
    this.#state = 'stopped';
    this.#over.abort();
    if (!began) return;
    this.#close(true);
    await this.#writing;
    this.#options.events.emit({
      type: 'recording.stopped',
      durationMs: Math.round(this.#recordedMs),
      detail,
    });
  }

  /** The caller talks with somebody else too from now on, who knows that it is recorded. */
  addPerson(listen: Listen): void {
    this.#people.push(listen);
    if (this.#stretch) this.#hear(listen, this.#stretch);
  }

  /** A frame that the agent's output has queued. */
  agentQueued({ data, sampleRate }: { readonly data: Int16Array; readonly sampleRate: number }): void {
    const stretch = this.#stretch;
    if (!stretch) return;
    const now = performance.now();
    if (stretch.timeline.isAgentQuiet(now)) this.#agentVoice.reset();
    stretch.timeline.agent(sampleRate === recordingRate ? data : this.#agentVoice.push(data), now);
  }

  /** The output has thrown away what it had queued. @param aheadMs of it that had left already */
  agentCut(aheadMs: number): void {
    this.#stretch?.timeline.cut(performance.now() + aheadMs);
  }

  #open(): void {
    this.#state = 'on';
    this.#agentVoice.reset();
    const timeline = new StereoTimeline(recordingRate, performance.now());
    const stretch: Stretch = { timeline, startedAt: Date.now(), samples: 0 };
    this.#stretch = stretch;
    this.#deafen.push(
      this.#options.listen((samples, fresh) => timeline.caller(samples, performance.now(), fresh)),
    );
    for (const listen of this.#people) this.#hear(listen, stretch);
    this.#timer = setInterval(() => this.#enqueue(stretch, timeline.take(performance.now())), writeEveryMs);
  }

  #hear(listen: Listen, { timeline }: Stretch): void {
    const take = timeline.guest();
    this.#deafen.push(listen((samples, fresh) => take(samples, performance.now(), fresh)));
  }

  #close(last: boolean): void {
    this.#release();
    const stretch = this.#stretch;
    this.#stretch = undefined;
    if (stretch) this.#enqueue(stretch, stretch.timeline.take(performance.now(), true));
    this.#then(async () => {
      // A call that ends in a pause has a last piece too, so that everybody knows there is no more to come.
      if (last) this.#piece ??= await this.#newPiece({ startedAt: Date.now(), samples: 0 });
      await this.#finishPiece(last);
    });
  }

  #enqueue(stretch: Stretch, samples: Int16Array | null): void {
    if (!samples) return;
    if (++this.#waiting > maxWaiting) this.#fail(new Error('The disk is too slow.'));
    else this.#then(() => this.#write(stretch, samples).finally(() => this.#waiting--));
  }

  async #write(stretch: Stretch, samples: Int16Array): Promise<void> {
    this.#piece ??= await this.#newPiece(stretch);
    await this.#piece.append(samples);
    stretch.samples += samples.length / 2;
    this.#recordedMs += (samples.length / 2 / recordingRate) * 1_000;
    if (this.#piece.samples >= (pieceMs * recordingRate) / 1_000) await this.#finishPiece(false);
  }

  async #newPiece({ startedAt, samples }: Pick<Stretch, 'startedAt' | 'samples'>): Promise<PieceFile> {
    const { plan, dataDir } = this.#options;
    const { callId, epoch } = plan;
    const seq = ++this.#seq;
    return await PieceFile.create(dataDir, {
      ...{ callId, epoch, seq },
      ...{ stretch: startedAt, offset: samples, last: false },
    });
  }

  async #finishPiece(last: boolean): Promise<void> {
    const piece = this.#piece;
    this.#piece = undefined;
    await piece?.finish(last);
  }

  /** One write after the other; none after one that failed. */
  #then(work: () => Promise<void>): void {
    this.#writing = this.#writing.then(async () => {
      if (!this.#failed) await work();
    });
    this.#writing = this.#writing.catch((error: unknown) => this.#fail(error));
  }

  /** What is on disk by then is sent like the piece of a crashed worker. */
  #fail(error: unknown): void {
    const { log, events } = this.#options;
    if (this.#failed) return;
    this.#failed = true;
    log.error({ err: error }, 'a recording cannot be written');
    this.#release();
    this.#stretch = undefined;
    void this.#piece?.abandon().catch(() => undefined);
    if (this.#state === 'stopped') return;
    this.#state = 'stopped';
    this.#over.abort();
    const detail = `It could not be written: ${error instanceof Error ? error.message : String(error)}`;
    events.emit({ type: 'recording.stopped', durationMs: Math.round(this.#recordedMs), detail });
  }

  #release(): void {
    clearInterval(this.#timer);
    for (const deafen of this.#deafen.splice(0)) deafen();
  }
}
