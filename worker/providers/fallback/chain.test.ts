import { expect, test, vi } from 'vitest';
import { Chain } from './chain.ts';

function chainOf(...names: [string, ...string[]]) {
  const hooks = { onFault: vi.fn(), onSwitch: vi.fn(), onExhausted: vi.fn() };
  const [first, ...others] = names;
  const member = (name: string) => ({ provider: name, label: `${name}/model`, make: () => name });
  return { chain: new Chain('tts', [member(first), ...others.map(member)], hooks), hooks };
}

test('after each comes the next, after the last the first; alone it is tried again', () => {
  const { chain } = chainOf('a', 'b', 'c');
  const b = chain.after(chain.current);
  expect([b.provider, chain.after(b).provider, chain.after(chain.after(b)).provider]).toEqual([
    'b',
    'c',
    'a',
  ]);
  const alone = chainOf('a').chain;
  expect(alone.after(alone.current)).toBe(alone.current);
  expect(alone.hasOther(alone.current)).toBe(false);
});

test('whoever answers in another place stays in charge, and it is said why', () => {
  const { chain, hooks } = chainOf('a', 'b');
  const b = chain.after(chain.current);
  chain.fault(chain.current, '503 busy');
  chain.answered(b);
  chain.answered(b);
  expect(chain.current).toBe(b);
  expect(hooks.onSwitch.mock.calls).toEqual([
    [{ source: 'tts', from: 'a/model', to: 'b/model', reason: '503 busy' }],
  ]);
});

test.each([
  ['Unexpected server response: 401', true],
  ['401 Incorrect API key provided', true],
  ['Deepgram WebSocket connection rejected with status 403', true],
  ['429 rate limited', false],
  ['Unexpected server response: 503', false],
  ['read ECONNRESET', false],
])('%s: refused for good is %s', (message, refused) => {
  const { chain, hooks } = chainOf('a', 'b');
  const [a, b] = [chain.current, chain.after(chain.current)];
  chain.fault(a, message);
  expect(hooks.onFault).toHaveBeenCalledWith(
    expect.objectContaining({ message, refused, recoverable: true }),
  );
  // One that refuses is not asked again.
  expect(chain.after(b)).toBe(refused ? b : a);
  expect(chain.isRefused).toBe(false);
});
