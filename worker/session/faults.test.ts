import type { voice } from '@livekit/agents';
import { expect, test, vi } from 'vitest';
import { Faults } from './faults.ts';
import type { CallParts } from './parts.ts';
import type { Speech } from './speech.ts';

test('whoever is not understood is asked again, but not two people who talk with each other', () => {
  const saySoon = vi.fn();
  const speech = { saySoon, phrase: (name: string) => name } as unknown as Speech;
  let isConference = true;
  const faults = new Faults({ outcome: {} } as unknown as CallParts, speech, () => isConference);
  faults.attach({ agentState: 'listening' } as voice.AgentSession);
  faults.onLost(2_000);
  faults.onDeaf(2_000);
  expect(saySoon).not.toHaveBeenCalled();
  isConference = false;
  faults.onLost(2_000);
  expect(saySoon).toHaveBeenCalledExactlyOnceWith('again', 'apology');
});
