import { describe, expect, test } from 'vitest';
import { ClauseCache } from '../../speech/engines/clause-cache.ts';
import { type EnginePriority, EngineScheduler } from '../../speech/engines/engine-scheduler.ts';
import { moonshineTokens } from '../../speech/engines/moonshine-tokens.ts';
import { metadataEntries } from '../../speech/engines/piper-metadata.ts';
import { createSynthesizer } from '../../speech/engines/synthesizer.ts';

describe('the scheduler', () => {
  const order = async (jobs: readonly (readonly [string, EnginePriority])[]): Promise<string[]> => {
    const scheduler = new EngineScheduler(1);
    const ran: string[] = [];
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const blocker = scheduler.run({ priority: 'file', lane: 'blocker' }, () => gate);
    const waiting = jobs.map(([lane, priority], index) =>
      scheduler.run({ priority, lane }, async () => {
        ran.push(`${lane}${index}`);
      }),
    );
    open();
    await Promise.all([blocker, ...waiting]);
    return ran;
  };

  test('a final text goes before a first clause, that before interim texts and later clauses', async () => {
    const ran = await order([
      ['a', 'later'],
      ['b', 'interim'],
      ['c', 'first'],
      ['d', 'file'],
      ['e', 'final'],
    ]);
    expect(ran).toEqual(['e4', 'c2', 'b1', 'a0', 'd3']);
  });

  test('calls of the same priority take turns', async () => {
    const ran = await order([
      ['a', 'later'],
      ['a', 'later'],
      ['a', 'later'],
      ['b', 'later'],
      ['c', 'later'],
    ]);
    expect(ran.slice(0, 3).sort()).toEqual(['a0', 'b3', 'c4']);
  });

  test('an aborted job never runs and a failing one frees its thread', async () => {
    const scheduler = new EngineScheduler(1);
    const abort = new AbortController();
    const failing = scheduler.run({ priority: 'first', lane: 'a' }, () =>
      Promise.reject(new Error('engine')),
    );
    const waiting = scheduler.run({ priority: 'first', lane: 'b', signal: abort.signal }, async () => 'ran');
    abort.abort(new Error('gone'));
    await expect(failing).rejects.toThrow('engine');
    await expect(waiting).rejects.toThrow('gone');
    await expect(scheduler.run({ priority: 'first', lane: 'c' }, async () => 'ran')).resolves.toBe('ran');
    expect(scheduler.load).toMatchObject({ running: 0, waiting: 0 });
  });
});

describe('the synthesizer', () => {
  const quiet = async (text: string) => new Float32Array(text.length).fill(0.5);

  test('callers who want the same words at once share one rendering, and later ones get it from the cache', async () => {
    let renderings = 0;
    const synthesizer = createSynthesizer(
      async (text) => {
        renderings += 1;
        await new Promise((resolve) => setImmediate(resolve));
        return quiet(text);
      },
      22_050,
      new EngineScheduler(4),
    );
    const say = async (lane: string) => {
      for await (const clause of synthesizer.speak({ text: 'Hello there.', lane }))
        expect(clause.text).toBe('Hello there.');
    };
    await Promise.all([say('a'), say('b'), say('c')]);
    await say('d');
    expect(renderings).toBe(1);
  });

  test('the cache keeps to its limit and drops what was not used for longest', () => {
    const cache = new ClauseCache(100);
    cache.set('a', new Int16Array(20));
    cache.set('b', new Int16Array(20));
    cache.get('a');
    cache.set('c', new Int16Array(20));
    expect([cache.get('a') !== undefined, cache.get('b'), cache.get('c') !== undefined]).toEqual([
      true,
      undefined,
      true,
    ]);
    cache.set('huge', new Int16Array(200));
    expect(cache.sizeBytes).toBeLessThanOrEqual(100);
  });
});

describe('model files', () => {
  test('metadata entries are protobuf field 14 with key and value', () => {
    expect(metadataEntries({ voice: 'en-us' }).toString('hex')).toBe(
      `720e${'0a05'}${Buffer.from('voice').toString('hex')}${'1205'}${Buffer.from('en-us').toString('hex')}`,
    );
    const long = metadataEntries({ k: 'x'.repeat(300) });
    // Lengths above 127 take two bytes: 306 is b2 02.
    expect([...long.subarray(0, 3)]).toEqual([0x72, 0xb2, 0x02]);
    expect(long.length).toBe(3 + 306);
  });

  test('tokens of one and two length bytes are read, a cut file is refused', () => {
    const long = Buffer.alloc(200, 0x61);
    const file = Buffer.concat([Buffer.from([2, 0x68, 0x69, 0, 0x80 | (200 % 128), 1]), long]);
    expect(moonshineTokens(file).split('\n')).toEqual([
      'aGk=\t0',
      '\t1',
      `${long.toString('base64')}\t2`,
      '',
    ]);
    expect(() => moonshineTokens(file.subarray(0, 50))).toThrow('cut short');
  });
});
