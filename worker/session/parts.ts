import type { JobContext } from '@livekit/agents';
import type { RemoteParticipant } from '@livekit/rtc-node';
import type { CallPlan } from '../../core/calls/plan.ts';
import type { Logger } from '../../platform/log.ts';
import { voiceSampleRate } from '../providers/tts.ts';
import { Recording } from '../recording/recording.ts';
import { EventStream } from '../report/event-stream.ts';
import { CallerInput } from './caller-input.ts';
import { CallerSound } from './caller-sound.ts';
import type { CallHost } from './host.ts';
import { isCaller } from './line.ts';
import { Outcome } from './outcome.ts';
import type { OutputTap } from './paced-source.ts';
import { Patience, waitsOf } from './patience.ts';
import { TurnCues } from './turn-cues.ts';
import { TurnReport } from './turn-report.ts';
import { VoiceOutput } from './voice-output.ts';

/** What every part of one call shares. Made before anything happens; nothing in it can fail. */
export interface CallParts {
  readonly ctx: JobContext;
  /** Another one after a hand-off: read it when it is needed. */
  plan: CallPlan;
  readonly host: CallHost;
  readonly log: Logger;
  readonly events: EventStream;
  readonly outcome: Outcome;
  readonly output: VoiceOutput;
  readonly input: CallerInput;
  /** The caller, heard whether or not the session listens. */
  readonly sound: CallerSound;
  readonly recording: Recording;
  readonly turns: TurnReport;
  readonly patience: Patience;
  readonly cues: TurnCues;
}

export function callParts(ctx: JobContext, plan: CallPlan, host: CallHost): CallParts {
  const { callId, epoch } = plan;
  const log = host.log.child({ callId, epoch });
  const { dataDir } = host.config;
  const events = new EventStream({ callId, epoch, sink: host.sink, dataDir, log });
  const isOurs = (participant: RemoteParticipant) => isCaller(participant, plan.callerIdentity);
  const sound = new CallerSound(ctx.room, isOurs, log);
  const recording = new Recording({ plan, dataDir, events, log, listen: (hear) => sound.listen(hear) });
  const tap: OutputTap = {
    queued: (data) => recording.agentQueued({ data, sampleRate: voiceSampleRate }),
    cleared: (aheadMs) => recording.agentCut(aheadMs),
  };
  // A phone is behind livekit-sip, which is beside LiveKit.
  const output = new VoiceOutput(ctx.room, tap, { lossy: plan.channel !== 'phone' });
  const cues = new TurnCues();
  return {
    ctx,
    plan,
    host,
    log,
    events,
    outcome: new Outcome(),
    output,
    input: new CallerInput(ctx.room, isOurs),
    sound,
    recording,
    turns: new TurnReport(events),
    patience: new Patience(waitsOf(plan.definition), log, cues),
    cues,
  };
}
