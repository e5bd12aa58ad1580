import { dispose } from '@livekit/rtc-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { spoken, startTestGateway, type TestGateway } from '../speech/speech-harness.ts';
import { type FaultKind, type FaultProxy, type Stage, startFaultProxy } from '../worker/rig/fault-proxy.ts';
import { Rig } from '../worker/rig/rig.ts';

/** As in the fault table, with time for engines that share two cores with four calls. */
const silenceLimitMs = 5_000;
const stages: readonly Stage[] = ['llm', 'tts', 'stt'];

let gateway: TestGateway;
let proxy: FaultProxy;
let rig: Rig;
let question: Int16Array;

beforeAll(async () => {
  gateway = await startTestGateway();
  proxy = await startFaultProxy(gateway.http);
  rig = await Rig.start({ SPEECH_URL: proxy.url, LOG_LEVEL: 'error' });
  const words = await spoken(gateway.gateway, 'Can you hear me?', 16_000, 0);
  question = Int16Array.from(words, (value) => value * 32_767);
});
afterAll(async () => {
  await rig?.[Symbol.asyncDispose]();
  await proxy?.close();
  await gateway?.[Symbol.asyncDispose]();
  await dispose();
});

/** The fault table has stand-ins for the vendors behind its proxy; this is the gateway itself, with its engines. */
const kinds: readonly FaultKind[] = ['dropped', 'stalled', 'garbage', 'mid-sentence'];

test.concurrent.for(kinds)(
  '%s: a call through the real gateway goes on, whichever stage it is',
  async (kind) => {
    const keys = { llm: `brain-${kind}`, stt: `ear-${kind}`, tts: `voice-${kind}` } as const;
    const plan = rig.plan({
      llm: { model: keys.llm },
      stt: { model: keys.stt },
      tts: { voice: keys.tts },
    });
    const caller = await rig.call(plan);
    await caller.hears(0);
    await caller.silence();
    const replies = () =>
      rig
        .of(plan)
        .flatMap((event) => (event.type === 'agent.turn' && event.source === 'reply' ? [event] : []));
    for (const [index, stage] of stages.entries()) {
      proxy.inject(keys[stage], kind, 1);
      const asked = await caller.ask(question);
      expect((await caller.hears(asked - 200)) - asked).toBeLessThan(silenceLimitMs);
      await rig.event(plan, 'agent.turn', ({ source }) => source === 'reply' && replies().length > index);
      await caller.silence();
      proxy.heal(keys[stage]);
    }
    const heard = rig.of(plan).flatMap((event) => (event.type === 'user.turn' ? [event.text] : []));
    expect(heard).toHaveLength(stages.length);
    for (const text of heard) expect(text).toMatch(/hear me/i);
    for (const { text } of replies()) expect(text).toMatch(/hear you/i);
    await caller.leave();
    expect((await rig.event(plan, 'ended')).reason).toBe('caller_hung_up');
  },
);
