import { expect, test, vi } from 'vitest';
import type { CallParts } from './parts.ts';
import { Speech } from './speech.ts';

test('unasked words are not said while somebody else has the caller; what was asked for is', async () => {
  const said: string[] = [];
  let isOff = true;
  const parts = {
    outcome: {},
    turns: { announce: () => undefined },
    host: { phrases: { render: async () => new Int16Array(240) } },
    log: { error: vi.fn() },
  } as unknown as CallParts;
  const speech = new Speech(parts, () => isOff);
  speech.use({} as Parameters<Speech['use']>[0]);
  speech.attach({ say: (text: string) => void said.push(text) } as unknown as Parameters<
    Speech['attach']
  >[0]);
  speech.saySoon('Are you still there?', 'say');
  await speech.say('A supervisor wrote this.', 'say');
  isOff = false;
  speech.saySoon('Soon over.', 'say');
  await vi.waitFor(() => expect(said).toEqual(['A supervisor wrote this.', 'Soon over.']), {
    timeout: 10_000,
  });
});
