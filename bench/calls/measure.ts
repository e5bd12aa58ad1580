import { setTimeout as sleep } from 'node:timers/promises';
import type { Softphone } from '../../simulate/softphone/softphone.ts';
import { conversation, type Target } from './conversation.ts';
import { treeUsage } from './process-tree.ts';

export interface Figures {
  readonly firstWordMs: number[];
  readonly replyGapMs: number[];
  /** The caller's first sound while the agent speaks → the agent's last. */
  readonly bargeInMs: number[];
  /** INVITE → 200 of every call of the burst; Infinity for one that never came through. */
  readonly burstAnswerMs: number[];
  readonly burstFirstWordMs: number[];
  readonly rssPerCallBytes: number;
  readonly corePerCall: number;
}

interface MeasureOptions {
  readonly calls: number;
  readonly burst: number;
  /** What the caller asks, 24 kHz. */
  readonly question: Int16Array;
}

/** One after the other, then a burst; the resources are those of the burst against idleness. */
export async function measure(target: Target, phone: Softphone, options: MeasureOptions): Promise<Figures> {
  const firstWordMs: number[] = [];
  const replyGapMs: number[] = [];
  const bargeInMs: number[] = [];
  // The reply is rendered once, for whoever is called first: neither side is to pay for it.
  await conversation(target, phone, options.question, 1);
  await sleep(1_500);
  for (let index = 0; index < options.calls; index++) {
    const { firstWord, gaps, bargeIn } = await conversation(target, phone, options.question, 2);
    firstWordMs.push(firstWord);
    replyGapMs.push(...gaps);
    bargeInMs.push(bargeIn);
    console.log(
      `  ${target.name}: call ${index + 1}: first word ${firstWord.toFixed(0)} ms, replies ${gaps.map((gap) => gap.toFixed(0)).join(', ')} ms`,
    );
    await sleep(1_500);
  }
  return { firstWordMs, replyGapMs, bargeInMs, ...(await burst(target, phone, options.burst)) };
}

async function burst(
  target: Target,
  phone: Softphone,
  size: number,
): Promise<Pick<Figures, 'burstAnswerMs' | 'burstFirstWordMs' | 'rssPerCallBytes' | 'corePerCall'>> {
  await sleep(3_000);
  const idle = await usageOver(target.pid, 5_000);
  const calls = await Promise.all(
    Array.from({ length: size }, async () => {
      const dialedAt = performance.now();
      const call = await target.dial(phone);
      try {
        await call.answered({ timeoutMs: 30_000 });
        const answeredAt = call.answeredAt ?? performance.now();
        const word = await call
          .heardSpeech({ afterMs: answeredAt, timeoutMs: 20_000 })
          .catch(() => undefined);
        return {
          call,
          answerMs: answeredAt - dialedAt,
          firstWordMs: word ? word.startedAt - answeredAt : Number.POSITIVE_INFINITY,
        };
      } catch {
        return { call, answerMs: Number.POSITIVE_INFINITY, firstWordMs: Number.POSITIVE_INFINITY };
      }
    }),
  );
  const up = calls.filter(({ answerMs }) => Number.isFinite(answerMs)).length;
  // The greetings are over then: what a call costs while both sides listen.
  await sleep(6_000);
  const busy = await usageOver(target.pid, 8_000);
  await Promise.all(calls.map(({ call }) => call.hangup()));
  return {
    burstAnswerMs: calls.map(({ answerMs }) => answerMs),
    burstFirstWordMs: calls.map(({ firstWordMs }) => firstWordMs),
    rssPerCallBytes: (busy.rssBytes - idle.rssBytes) / Math.max(1, up),
    corePerCall: (busy.cores - idle.cores) / Math.max(1, up),
  };
}

async function usageOver(pid: number, overMs: number): Promise<{ cores: number; rssBytes: number }> {
  const before = treeUsage(pid);
  const startedAt = performance.now();
  await sleep(overMs);
  const after = treeUsage(pid);
  return { cores: (after.cpuMs - before.cpuMs) / (performance.now() - startedAt), rssBytes: after.rssBytes };
}
