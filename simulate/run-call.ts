import { setTimeout as sleep } from 'node:timers/promises';
import { speak } from './audio/speak.ts';
import { answerIn, callRecord } from './call-client.ts';
import { agentTurn, callerTurn, stepFailures, wholeFailures } from './judge.ts';
import { type Played, resultOf, type ScenarioResult } from './run-scenario.ts';
import type { Scenario, Step } from './scenario.ts';
import type { OutgoingCall } from './softphone/outgoing-call.ts';
import { Softphone } from './softphone/softphone.ts';

export interface PhoneTarget {
  readonly url: string;
  readonly apiKey: string;
  /** `host:port` that takes SIP. */
  readonly sip: string;
  /** The agent's number. */
  readonly number: string;
  /** Gives the caller a voice: OpenAI's audio routes, without `/v1`. */
  readonly speechUrl: string;
}

const patienceMs = 45_000;
/** A pause of the agent that is the end of its turn. */
const turnEndMs = 1_200;
/** How long an agent that is to hang up may take over it. */
const hangUpWithinMs = 10_000;
/** After this, an agent that did not hang up is taken to stay on the line. */
const stillThereMs = 1_500;

/** When the caller began a step, Unix ms, and how long the agent then took to be heard. */
interface Moment {
  readonly at: number;
  readonly tookMs: number;
}

let callers = 0;

/** Plays a scenario as a phone call, with a voice. Never rejects: what cannot be played has failed. */
export const runCall = (scenario: Scenario, target: PhoneTarget): Promise<ScenarioResult> =>
  resultOf(scenario, async (played) => {
    const phone = await Softphone.listen({ user: 'simulated' });
    try {
      await phoneCall(scenario, target, phone, played);
    } finally {
      await phone.close();
    }
  });

async function phoneCall(
  scenario: Scenario,
  target: PhoneTarget,
  phone: Softphone,
  played: Played,
): Promise<void> {
  if (Object.keys(scenario.variables).length > 0)
    throw new Error('variables are for scenarios in writing; somebody who calls brings none');
  // Of the range that is kept for fiction; every call has its own, by which it is found again.
  const from = `+1202555${String((process.pid * 7 + callers++) % 10_000).padStart(4, '0')}`;
  const call = await phone.call({ to: `sip:${target.number}@${target.sip}`, from });
  const began = Date.now();
  await call.answered({ timeoutMs: patienceMs });
  const moments: Moment[] = [{ at: began, tookMs: await hear(call, call.answeredAt ?? 0) }];
  let taken = 0;
  for (const step of scenario.steps) {
    if (call.end) break;
    moments.push(await take(step, call, target));
    taken++;
  }
  if (taken < scenario.steps.length) played.failures.push(`step ${taken + 1}: the call was over before it`);
  await Promise.race([call.ended, sleep(scenario.checks.ended ? hangUpWithinMs : stillThereMs)]);
  const ended = call.end !== undefined;
  await call.hangup();
  await judge(scenario, target, from, moments, ended, played);
}

async function take(step: Step, call: OutgoingCall, { speechUrl }: PhoneTarget): Promise<Moment> {
  if ('silence_ms' in step) {
    const at = Date.now();
    await sleep(step.silence_ms);
    return { at, tookMs: 0 };
  }
  if ('digits' in step) {
    const at = Date.now();
    await call.sendDtmf(step.digits);
    return { at, tookMs: await hear(call, performance.now()) };
  }
  const { samples, sampleRate } = await speak({ speechUrl, text: step.say });
  const at = Date.now();
  const { lastSpeechAt } = await call.play(samples, sampleRate);
  return { at, tookMs: await hear(call, lastSpeechAt) };
}

/** Waits until the agent has spoken and is done, or has hung up. Answers how long it was silent before. */
async function hear(call: OutgoingCall, afterMs: number): Promise<number> {
  const heard = async () => {
    const { startedAt } = await call.heardSpeech({ afterMs, minMs: 200, timeoutMs: patienceMs });
    await call.heardSilence({ ms: turnEndMs, timeoutMs: patienceMs });
    return startedAt - afterMs;
  };
  const listening = heard();
  listening.catch(() => undefined);
  return Promise.race([listening, call.ended.then(() => 0)]);
}

async function judge(
  scenario: Scenario,
  target: PhoneTarget,
  from: string,
  moments: readonly Moment[],
  ended: boolean,
  played: Played,
): Promise<void> {
  const { failures, turns } = played;
  const record = await callRecord(target, from);
  played.id = record.id;
  const answers = moments.map(({ at, tookMs }, index) =>
    answerIn(record, at, moments[index + 1]?.at ?? Number.POSITIVE_INFINITY, tookMs),
  );
  for (const [index, answer] of answers.entries()) {
    const step = index === 0 ? undefined : scenario.steps[index - 1];
    if (step !== undefined) {
      turns.push(callerTurn(step));
      failures.push(...stepFailures(step, index, answer));
    }
    turns.push(agentTurn(answer));
  }
  // Whoever hangs up on the agent has left it, whatever the call's own record calls that.
  const disposition = ended ? (record.disposition ?? '') : 'abandoned';
  failures.push(...wholeFailures(scenario, { answers, ended, disposition }));
}
