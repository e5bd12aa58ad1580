import type { Softphone } from '../../simulate/softphone/softphone.ts';

/** Who is called. */
export interface Target {
  readonly name: string;
  /** The process whose tree answers the calls: a worker supervisor, an agent server. */
  readonly pid: number;
  dial(phone: Softphone): ReturnType<Softphone['call']>;
}

const patience = { timeoutMs: 30_000 };

/** A call with some questions, the last answer of which is interrupted. Everything in ms, as the caller hears it. */
export async function conversation(
  target: Target,
  phone: Softphone,
  question: Int16Array,
  turns: number,
): Promise<{ firstWord: number; gaps: number[]; bargeIn: number }> {
  const call = await target.dial(phone);
  try {
    await call.answered({ timeoutMs: 30_000 });
    const answeredAt = call.answeredAt ?? performance.now();
    const greeting = await call.heardSpeech({ afterMs: answeredAt, ...patience });
    const gaps: number[] = [];
    for (let turn = 0; turn < turns; turn++) {
      await call.heardSilence({ ms: 900, timeoutMs: 30_000 });
      const said = await call.play(question, 24_000);
      const reply = await call.heardSpeech({ afterMs: said.lastSpeechAt, ...patience });
      gaps.push(reply.startedAt - said.lastSpeechAt);
    }
    const bargeIn = await interrupt(call, question);
    return { firstWord: greeting.startedAt - answeredAt, gaps, bargeIn };
  } finally {
    await call.hangup();
  }
}

/** Speaks into the reply that has just begun. */
async function interrupt(call: Awaited<ReturnType<Target['dial']>>, words: Int16Array): Promise<number> {
  await call.heardSpeech({ afterMs: performance.now(), minMs: 600, ...patience });
  const said = call.play(words, 24_000);
  const silence = await call.heardSilence({ ms: 500, timeoutMs: 30_000 });
  const { startedAt, firstSpeechAt = startedAt } = await said;
  return Math.max(0, silence.startedAt - firstSpeechAt);
}
