import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { type Announced, announceCall, answerIn, type CallRecord, callRecord } from './call-client.ts';
import { agentTurn, callerTurn, stepFailures, stepName, wholeFailures } from './judge.ts';
import type { SimulationModel } from './model/language-model.ts';
import { playCaller } from './model/played-caller.ts';
import { type Moment, PhoneCaller } from './phone-caller.ts';
import { type Played, resultOf, type ScenarioResult } from './result.ts';
import { isPlayed, type Scenario, type Step } from './scenario.ts';
import type { OutgoingCall } from './softphone/outgoing-call.ts';
import { Softphone } from './softphone/softphone.ts';
import { Sounds } from './sounds.ts';

export interface PhoneTarget {
  readonly url: string;
  readonly apiKey: string;
  /** `host:port` that takes SIP. */
  readonly sip: string;
  /** The number that is dialed. */
  readonly number: string;
  /** Left out: the agent of the number. */
  readonly agentId?: string | undefined;
  /** Left out: the version that calls run. */
  readonly version?: number | undefined;
  /** Gives the caller a voice and an ear: OpenAI's audio routes, without `/v1`. */
  readonly speechUrl: string;
}

const answeredWithinMs = 45_000;
/** How long an agent that is to hang up may take over it. */
const hangUpWithinMs = 10_000;
/** After this, an agent that did not hang up is taken to stay on the line. */
const stillThereMs = 1_500;
/** Of the range that is kept for fiction. */
const somebody = '+12025550143';

/** Plays a scenario as a phone call, with a voice. Never rejects: what cannot be played has failed. */
export const runCall = (
  scenario: Scenario,
  target: PhoneTarget,
  model: SimulationModel | null = null,
): Promise<ScenarioResult> =>
  resultOf(scenario, model, async (played) => {
    const sounds = new Sounds(target.speechUrl);
    await sounds.prepare(scenario);
    const announced = await announceCall(target, {
      variables: scenario.variables,
      callerNumber: scenario.caller_number ?? somebody,
    });
    const phone = await Softphone.listen({ user: 'simulated' });
    try {
      const call = await phone.call({ to: `sip:${target.number}@${target.sip}`, from: announced.dialAs });
      await onThePhone({ scenario, target, model, sounds, announced, call, played });
    } finally {
      await phone.close();
    }
  });

interface Conversation {
  readonly scenario: Scenario;
  readonly target: PhoneTarget;
  readonly model: SimulationModel | null;
  readonly sounds: Sounds;
  readonly announced: Announced;
  readonly call: OutgoingCall;
  readonly played: Played;
}

/** What was said and done in a call: a moment for the greeting and one for each step. */
interface Course {
  readonly steps: Step[];
  readonly moments: Moment[];
}

async function onThePhone(talk: Conversation): Promise<void> {
  const { scenario, target, call, sounds, announced, played } = talk;
  const at = Date.now();
  const caller = new PhoneCaller(call, target.speechUrl, scenario.noise, sounds);
  await call.answered({ timeoutMs: answeredWithinMs });
  const course: Course = {
    steps: [],
    moments: [{ at, tookMs: await caller.greeting(scenario.steps[0]) }],
  };
  if (isPlayed(scenario)) await improvise(talk, caller, course);
  else await read(talk, caller, course);
  await Promise.race([call.ended, sleep(scenario.checks.ended ? hangUpWithinMs : stillThereMs)]);
  const ended = call.end !== undefined;
  await call.hangup();
  const record = await callRecord(target, announced.callId);
  played.id = record.id;
  played.failures.push(...otherThanAsked(record, announced, scenario));
  judge(scenario, record, course, ended, played);
}

/** Says the lines of the file one after the other. */
async function read(
  { scenario: { steps }, call, played }: Conversation,
  caller: PhoneCaller,
  course: Course,
) {
  for (const [index, step] of steps.entries()) {
    if (call.end) {
      played.failures.push(`${stepName(step, index + 1)}: the call was over before it`);
      return;
    }
    course.moments.push(await caller.take(step, steps[index + 1]));
    course.steps.push(step);
  }
}

/** Says what a model makes up, and tells the model what was heard. */
async function improvise(
  { scenario, model, call, played }: Conversation,
  caller: PhoneCaller,
  { steps, moments }: Course,
): Promise<void> {
  if (model === null) return;
  const heard = async () => ({ said: await caller.heard(), over: call.end !== undefined });
  played.goal = await playCaller(scenario, model, await heard(), async (say) => {
    // While the model was thinking, the agent may have hung up.
    if (call.end) return { said: '', over: true };
    const step: Step = {
      say,
      expect: { said: [], not_said: [], called: [], not_called: [] },
    };
    moments.push(await caller.take(step, undefined));
    steps.push(step);
    return heard();
  });
}

/** A simulation of something else than was asked for says nothing about what was. */
function otherThanAsked(
  record: CallRecord,
  { agentVersionId }: Announced,
  { variables }: Scenario,
): string[] {
  return [
    ...(record.agent_version_id === agentVersionId ? [] : ['the call ran another version of the agent']),
    ...(isDeepStrictEqual(record.dynamic_variables, variables) ? [] : ['the call had other variables']),
  ];
}

function judge(
  scenario: Scenario,
  record: CallRecord,
  { steps, moments }: Course,
  ended: boolean,
  { failures, turns }: Played,
): void {
  const answers = moments.map((moment, index) =>
    answerIn(record, moment, moments[index + 1]?.at ?? Number.POSITIVE_INFINITY),
  );
  for (const [index, answer] of answers.entries()) {
    const step = index === 0 ? undefined : steps[index - 1];
    const moment = moments[index];
    if (step !== undefined && moment !== undefined) {
      turns.push(callerTurn(step, moment.wrong ?? moment.note));
      if (moment.wrong !== undefined) failures.push(`${stepName(step, index)}: ${moment.wrong}`);
      failures.push(...stepFailures(step, index, answer));
    }
    turns.push(agentTurn(answer));
  }
  const disposition = dispositionOf(record.disposition ?? '', ended);
  failures.push(...wholeFailures(scenario, { answers, ended, disposition }));
}

/**
 * Whoever hangs up on the agent has left it, whatever the call's own record calls that; but not who has been put
 * through: the agent has left them.
 */
export const dispositionOf = (recorded: string, ended: boolean): string =>
  ended || recorded === 'transferred' ? recorded : 'abandoned';
