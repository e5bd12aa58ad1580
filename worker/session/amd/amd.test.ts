import { describe, expect, it, test } from 'vitest';
import { Ear } from './ear.ts';
import { GreetingEnd } from './greeting-end.ts';
import { Judge } from './judge.ts';
import { ToneDetector, windowSamples } from './tone.ts';
import { hintsIn } from './words.ts';

const rate = 16_000;
const tone = (hertz: readonly number[], ms: number, level = 6_000): Int16Array =>
  Int16Array.from({ length: (rate * ms) / 1_000 }, (_, n) =>
    hertz.reduce((sum, one) => sum + level * Math.sin((2 * Math.PI * one * n) / rate), 0),
  );
const silence = (ms: number): Int16Array => new Int16Array((rate * ms) / 1_000);
/** Like a vowel: a fundamental with harmonics, and a little noise. */
const vowel = (ms: number): Int16Array =>
  Int16Array.from({ length: (rate * ms) / 1_000 }, (_, n) => {
    const harmonic = (k: number) =>
      Math.sin((2 * Math.PI * 130 * k * (1 + 0.02 * Math.sin(n / 3_000)) * n) / rate) / k;
    return 5_000 * (harmonic(1) + harmonic(2) + harmonic(3) + harmonic(5)) + ((n * 7_919) % 401) - 200;
  });
const joined = (...parts: readonly Int16Array[]): Int16Array => {
  const all = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
};

describe('the words of', () => {
  it.each([
    ['voicemail', 'Hi, this is Maria. I can’t take your call right now, so please leave a message.'],
    ['voicemail', 'You have reached the voice mailbox of 5 5 5, 0 1 4 2.'],
    [
      'voicemail',
      'The person you are trying to reach is not available. At the tone, please record your message.',
    ],
    ['voicemail', 'The number you have dialed is not in service.'],
    ['ivr', 'Thank you for calling Harbor Bank. For accounts, press 1. For cards, press 2.'],
    ['ivr', 'Please listen carefully as our menu options have changed.'],
    ['ivr', 'Your call is important to us. All of our agents are busy.'],
    [
      'screening',
      'Hi, if you record your name and reason for calling, I’ll see if this person is available.',
    ],
    [
      'screening',
      'The person you’re calling is using a screening service. Please say your name and why you’re calling.',
    ],
    // Half of it: no verdict yet.
    [undefined, 'The person you are calling'],
    ['human', 'Hello?'],
    ['human', 'Harbor Dental, this is Maria speaking. How can I help you?'],
    ['human', 'Hello, who is this?'],
    ['human', 'He is not available right now, can I take a message?'],
  ])('a %s are known: %s', (kind, text) => {
    expect(hintsIn(text, 'en-US')[0]?.kind).toBe(kind);
  });

  it.each([
    [
      'de-DE',
      'voicemail',
      'Guten Tag, hier ist der Anrufbeantworter von Familie Weber. Sprechen Sie nach dem Signalton.',
    ],
    ['de', 'human', 'Ja, Weber, guten Tag?'],
    ['es', 'voicemail', 'Deje su mensaje después del tono.'],
    ['fr', 'voicemail', 'Bonjour, vous êtes bien sur la messagerie de Claire.'],
    ['fr', 'ivr', 'Pour le service client, tapez 1.'],
    ['de', 'voicemail', 'The person you are calling is not available.'],
  ])('%s: %s', (language, kind, text) => {
    expect(hintsIn(text, language)[0]?.kind).toBe(kind);
  });

  it('an ordinary conversation are none of a machine', () => {
    for (const text of [
      'I would like to book a table for four.',
      'No thank you, we have one.',
      'Okay, tomorrow at nine.',
    ])
      expect(hintsIn(text, 'en-US')).toEqual([]);
  });
});

describe('a tone', () => {
  const detect = (samples: Int16Array): number => {
    const detector = new ToneDetector();
    let found = 0;
    for (let at = 0; at + windowSamples <= samples.length; at += windowSamples)
      found = detector.push(samples.subarray(at, at + windowSamples)) || found;
    return found;
  };

  it.each([440, 450, 567, 850, 1_000, 1_004, 1_400])('of %i Hz is a beep after 200 ms', (hertz) => {
    expect(Math.abs(detect(tone([hertz], 260)) - hertz)).toBeLessThanOrEqual(20);
    expect(detect(tone([hertz], 160))).toBe(0);
  });

  it('is none when it is two, too low, too high, too quiet, or a voice', () => {
    for (const samples of [
      tone([697, 1_209], 500),
      tone([440, 480], 500),
      tone([300], 500),
      tone([2_000], 500),
      tone([1_000], 500, 150),
      vowel(2_000),
      silence(500),
    ])
      expect(detect(samples)).toBe(0);
  });

  it('survives one lost packet', () => {
    expect(detect(joined(tone([1_000], 140), silence(20), tone([1_000], 140)))).toBe(1_000);
  });
});

test('an ear tells voice from silence and beeps, and says when', () => {
  const heard: string[] = [];
  const near = (ms: number) => Math.round(ms / 100) * 100;
  const ear = new Ear({
    onVoice: (active, at) => void heard.push(`${active ? 'voice' : 'quiet'} ${near(at)}`),
    onTone: (active) => void heard.push(active ? 'beep' : 'beep over'),
  });
  const samples = joined(silence(1_000), vowel(2_000), silence(1_000), tone([1_000], 400), silence(600));
  for (let at = 0; at < samples.length; at += 800) ear.push(samples.subarray(at, at + 800));
  expect(heard).toContain('voice 1000');
  expect(heard).toContain('quiet 3000');
  expect(heard.filter((one) => one.startsWith('beep'))).toEqual(['beep', 'beep over']);
  expect(ear.nowMs).toBe(5_000);
});

describe('the judge', () => {
  /** Plays a script: what happens when. Answers every judgement with its time. */
  function judge(script: readonly [number, (judge: Judge) => void][], untilMs = 45_000) {
    const one = new Judge('en-US');
    const left = script.toSorted(([a], [b]) => a - b);
    const said: { verdict: string; at: number; why: string }[] = [];
    for (let at = 0; at <= untilMs; at += 100) {
      while (left[0] && left[0][0] <= at) left.shift()?.[1](one);
      const judgement = one.ask(at);
      if (judgement) said.push({ verdict: judgement.verdict, at, why: judgement.reasons.join() });
    }
    return said;
  }
  const voice = (from: number, to: number): [number, (judge: Judge) => void][] => [
    [from, (j) => j.voice(true, from)],
    [to, (j) => j.voice(false, to)],
  ];
  const words = (at: number, text: string, final = true): [number, (judge: Judge) => void] => [
    at,
    (j) => j.words(text, final, at),
  ];

  it('knows a person who says hello and waits, soon', () => {
    const [first, ...more] = judge([...voice(400, 900), words(1_200, 'Hello?')]);
    expect(first).toMatchObject({ verdict: 'human' });
    expect(first?.at).toBeLessThan(1_700);
    expect(more).toEqual([]);
  });

  it('knows a person although no words come', () => {
    expect(judge(voice(400, 900))[0]).toMatchObject({ verdict: 'human' });
  });

  it('knows a receptionist by the words, however long the greeting', () => {
    const greeting = 'Good morning, Harbor Dental, this is Maria speaking, how can I help you?';
    expect(
      judge([...voice(300, 4_900), words(2_000, greeting, false), words(5_200, greeting)]),
    ).toMatchObject([{ verdict: 'human' }]);
  });

  it('knows a machine by its words as soon as they are there', () => {
    const [first] = judge([...voice(300, 9_000), words(2_400, 'you have reached the voicemail of', false)]);
    expect(first).toMatchObject({ verdict: 'machine', at: 2_400 });
    expect(first?.why).toContain('voicemail');
  });

  it('knows a machine that talks without a pause, and one that beeps', () => {
    expect(judge(voice(300, 9_000))[0]).toMatchObject({ verdict: 'machine', at: 7_300 });
    expect(judge([...voice(300, 4_800), words(5_100, 'We are away until Monday.')])[0]).toMatchObject({
      verdict: 'machine',
      at: 5_100,
    });
    expect(judge(voice(300, 4_800))[0]).toMatchObject({ verdict: 'machine', at: 6_000 });
    expect(judge([...voice(300, 1_000), [1_500, (j) => j.tone(1_000)]])[0]).toMatchObject({
      verdict: 'machine',
    });
  });

  it('takes a menu that says late what it is for no mailbox, in one breath or in several', () => {
    const menu = 'Welcome to Harbor Bank, the bank of your town since 1904, for accounts press one';
    expect(
      judge([...voice(300, 6_500), words(4_000, menu.slice(0, 56), false), words(6_800, menu)]),
    ).toMatchObject([{ verdict: 'ivr', at: 6_800 }]);
    const queue = 'All our agents are busy, your call is important to us';
    expect(judge([...voice(300, 9_000), words(3_000, queue, false)])).toMatchObject([
      { verdict: 'ivr', at: 4_300 },
    ]);
    const breaths = [...voice(300, 3_500), ...voice(4_000, 7_000), ...voice(7_500, 12_000)];
    expect(judge([...breaths, words(9_000, queue, false)])).toMatchObject([{ verdict: 'ivr' }]);
  });

  it('hears a person out who begins like a machine', () => {
    const all = 'Sorry, she is not available right now, can I take a message?';
    const script = [...voice(300, 3_600), words(2_000, all.slice(0, 38), false), words(4_000, all)];
    expect(judge(script)).toMatchObject([{ verdict: 'human' }]);
    expect(judge([...voice(300, 2_400), words(2_800, all.slice(0, 38))])).toMatchObject([
      { verdict: 'machine' },
    ]);
  });

  it('corrects itself when the hello was the beginning of a recording, and not back', () => {
    const script = [
      ...voice(300, 1_000),
      words(1_300, 'Hi, it is Tom.'),
      ...voice(2_600, 6_000),
      words(6_300, 'Leave me something after the beep.'),
      words(9_000, 'Hello? Hello?'),
    ];
    expect(judge(script).map(({ verdict }) => verdict)).toEqual(['human', 'machine']);
  });

  it('does not take a person for a machine who talks about messages later', () => {
    const script = [
      ...voice(300, 900),
      words(1_200, 'Hello?'),
      ...voice(5_000, 9_000),
      words(9_300, 'She is not available, may I leave a message for her?'),
    ];
    expect(judge(script).map(({ verdict }) => verdict)).toEqual(['human']);
  });

  it.each([
    ['ivr', 'For sales, press one. For support, press two.'],
    ['screening', 'Please say your name and why you’re calling.'],
  ])('knows %s', (verdict, text) => {
    const beep: [number, (judge: Judge) => void] = [4_500, (j) => j.tone(1_000)];
    expect(judge([...voice(300, 3_000), words(3_200, text), beep])).toMatchObject([{ verdict }]);
  });

  it('is uncertain about silence', () => {
    expect(judge([])).toMatchObject([{ verdict: 'uncertain', at: 8_000 }]);
  });
});

describe('the end of a greeting', () => {
  it('is the beep, or a silence that is longer than the one before a beep', () => {
    const beeps = new GreetingEnd();
    beeps.voice(true, 300);
    beeps.voice(false, 6_000);
    expect(beeps.ask(8_000)).toBeUndefined();
    beeps.tone(true, 8_200);
    expect(beeps.ask(8_400)).toBeUndefined();
    beeps.tone(false, 8_600);
    expect(beeps.ask(8_800)).toBeUndefined();
    expect(beeps.ask(8_900)).toBe('after the beep');
    const mute = new GreetingEnd();
    mute.voice(true, 300);
    expect(mute.ask(9_000)).toBeUndefined();
    mute.voice(false, 9_100);
    expect(mute.ask(12_000)).toBeUndefined();
    expect(mute.ask(12_200)).toBe('after the greeting');
  });

  it('is not a tone that is talked on after, and comes for everybody', () => {
    const end = new GreetingEnd();
    end.tone(true, 200);
    end.tone(false, 600);
    end.voice(true, 700);
    expect(end.ask(5_000)).toBeUndefined();
    expect(end.ask(60_000)).toBe('although the greeting had no end');
  });
});
