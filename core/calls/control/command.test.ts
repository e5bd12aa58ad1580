import { expect, test } from 'vitest';
import { controlAction, openCommand, sealCommand } from './command.ts';

const command = {
  id: 'c1',
  callId: '0198f3c0-0000-7000-8000-000000000001',
  action: controlAction.parse({ kind: 'say', text: 'Hello' }),
};

test('a sealed command opens with the same secret only, and not when a byte of it is changed', () => {
  const packet = sealCommand(command, 'secret');
  expect(openCommand(packet, 'secret')).toEqual(command);
  expect(openCommand(packet, 'another')).toBeUndefined();
  const text = new TextDecoder().decode(packet);
  const forged = new TextEncoder().encode(text.replace('Hello', 'Hallo'));
  expect(openCommand(forged, 'secret')).toBeUndefined();
});

test('without a secret nothing opens, and what is no packet is no command', () => {
  expect(openCommand(sealCommand(command, ''), '')).toBeUndefined();
  for (const text of ['', 'null', '{}', '{"command":"{}","signature":"00"}'])
    expect(openCommand(new TextEncoder().encode(text), 'secret')).toBeUndefined();
});
