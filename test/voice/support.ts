import { waitFor } from '../../platform/retry.ts';
import { speak } from '../../simulate/audio/speak.ts';
import { transcribe } from '../../simulate/audio/transcribe.ts';
import type { Call } from '../../simulate/softphone/call.ts';
import { SoftphoneTimeout } from '../../simulate/softphone/listening.ts';
import type { OutgoingCall } from '../../simulate/softphone/outgoing-call.ts';
import type { Softphone } from '../../simulate/softphone/softphone.ts';
import type { Product } from '../harness/product.ts';

/** How voice tests talk to a running product. They wait for events with much patience and assert on what was heard. */

export const patienceMs = 45_000;

export interface CallDetail {
  readonly id: string;
  readonly status: string;
  readonly disposition: string | null;
  readonly sip_status: number | null;
  readonly end_reason: string | null;
  readonly end_detail: string | null;
  readonly from_number: string | null;
  readonly dynamic_variables: Readonly<Record<string, string>>;
  readonly transcript: readonly {
    readonly role: string;
    readonly text: string;
    readonly interrupted: boolean;
    readonly latency: Readonly<Record<string, number | null>> | null;
  }[];
  readonly events: readonly {
    readonly type: string;
    readonly epoch: number;
    readonly seq: number;
    readonly data: Readonly<Record<string, unknown>>;
  }[];
}

/** Dials a number of the product and waits for the answer. */
export async function dial(
  product: Product,
  phone: Softphone,
  { number, from }: { number: string; from: string },
): Promise<OutgoingCall> {
  const call = await phone.call({ to: `sip:${number}@${product.run.sip}`, from });
  await call.answered({ timeoutMs: patienceMs });
  return call;
}

export const dialDemo = (product: Product, phone: Softphone, from: string): Promise<OutgoingCall> =>
  dial(product, phone, { number: product.run.demo.number, from });

/** Says words to the agent; resolves when the last of them has left. */
export async function say(product: Product, call: Call, text: string): ReturnType<Call['play']> {
  const { samples, sampleRate } = await speak({ speechUrl: product.speechUrl, text });
  return call.play(samples, sampleRate);
}

/** Waits until the agent has spoken (after `afterMs`) and is done; answers what it said. */
export async function hear(product: Product, call: Call, afterMs: number): Promise<string> {
  return (await heard(product, call, afterMs)).text;
}

/** As `hear`, and how long it was. */
export async function heard(
  product: Product,
  call: Call,
  afterMs: number,
): Promise<{ readonly text: string; readonly lengthMs: number }> {
  const { startedAt } = await call.heardSpeech({ afterMs, minMs: 200, timeoutMs: patienceMs });
  const { startedAt: endedAt } = await call.heardSilence({ ms: 1_200, timeoutMs: patienceMs });
  const text = await transcribe({
    speechUrl: product.speechUrl,
    samples: call.heardBetween(startedAt - 100),
    sampleRate: 8_000,
  });
  return { text, lengthMs: endedAt - startedAt };
}

/** Listens to one utterance after the other until one fits. Throws with the last that was heard. */
export async function hearUntil(
  product: Product,
  call: Call,
  fromMs: number,
  pattern: RegExp,
): Promise<void> {
  const deadline = performance.now() + patienceMs;
  for (let from = fromMs; ; ) {
    const heard = (await hear(product, call, from)).toLowerCase();
    if (pattern.test(heard)) return;
    if (performance.now() > deadline) throw new Error(`The last that was heard was: ${heard}`);
    from = performance.now() - 1_000;
  }
}

/**
 * Says something until it is understood, three times at most, as people do: where a machine is busy with other calls a
 * voice may break. Throws with what was understood each time.
 */
export async function sayUntil(pattern: RegExp, sayAndHear: () => Promise<string>): Promise<void> {
  const understood: string[] = [];
  while (understood.length < 3) {
    const text = (await sayAndHear()).toLowerCase();
    if (pattern.test(text)) return;
    understood.push(text);
  }
  throw new Error(`Nobody understood ${pattern}, but: ${understood.join(' | ')}`);
}

/** Asks the agent until its answer fits, as `sayUntil` does. No answer is one that does not fit. */
export const askUntil = (product: Product, call: Call, question: string, pattern: RegExp): Promise<void> =>
  sayUntil(pattern, async () => {
    const { lastSpeechAt } = await say(product, call, question);
    return hear(product, call, lastSpeechAt).catch((error: unknown) => {
      if (error instanceof SoftphoneTimeout) return '';
      throw error;
    });
  });

/** The call of that caller, as the API lists it. */
export async function findCall(product: Product, fromNumber: string): Promise<string> {
  return waitFor(
    `a call from ${fromNumber} in the list`,
    async () => {
      const page = await product.api<{ items: { id: string; from_number: string | null }[] }>(
        'GET',
        '/calls?page_size=100',
      );
      return page.items.find((call) => call.from_number === fromNumber)?.id;
    },
    { timeoutMs: patienceMs, everyMs: 200 },
  );
}

/** Waits until a call has its disposition. */
export async function finished(product: Product, callId: string): Promise<CallDetail> {
  return waitFor(
    `call ${callId} to be finalized`,
    async () => {
      const call = await product.api<CallDetail>('GET', `/calls/${callId}`);
      return call.disposition === null ? undefined : call;
    },
    { timeoutMs: patienceMs, everyMs: 200 },
  );
}

export const spokenBy = (call: CallDetail, role: string): string =>
  call.transcript
    .filter((turn) => turn.role === role)
    .map((turn) => turn.text)
    .join(' ');
