import { DisconnectReason } from 'livekit-client';
import { expect, test } from 'vitest';
import { agentOffline, explain, explainEnd } from './problem.ts';

test.each([
  [DisconnectReason.CLIENT_INITIATED, true, null],
  [DisconnectReason.ROOM_DELETED, true, 'The agent has ended the call.'],
  [DisconnectReason.ROOM_DELETED, false, agentOffline],
  [DisconnectReason.PARTICIPANT_REMOVED, false, agentOffline],
  [DisconnectReason.DUPLICATE_IDENTITY, true, 'This call was opened in another tab.'],
  [DisconnectReason.SERVER_SHUTDOWN, true, 'The server is restarting. Call again in a moment.'],
  [undefined, true, 'The connection was lost. Check your network and call again.'],
])('a call that ended with reason %s, answered: %s', (reason, isAnswered, words) => {
  expect(explainEnd(reason, isAnswered)).toBe(words);
});

test.each([
  ['NotAllowedError', 'The microphone is blocked.'],
  ['NotFoundError', 'No microphone was found.'],
  ['NotReadableError', 'Another program is using the microphone.'],
  ['Error', 'The call could not be connected.'],
])('a call that does not begin with %s', (name, words) => {
  expect(explain(Object.assign(new Error('x'), { name }))).toContain(words);
});
