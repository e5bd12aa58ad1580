import type { voice } from '@livekit/agents';
import { RoomServiceClient } from 'livekit-server-sdk';
import type { ControlAction } from '../../../core/calls/control/command.ts';
import { supervisorModeAttribute } from '../../../core/calls/plan.ts';
import { background } from '../../../platform/background.ts';
import type { Departure, Departures } from '../departures.ts';
import type { CallParts } from '../parts.ts';
import type { Speech } from '../speech.ts';
import type { TransferOutcome, Transfers } from '../transfer/transfers.ts';
import type { WaitingRoom } from '../transfer/waiting-room.ts';
import { within } from '../within.ts';
import { cutIn } from './cut-in.ts';
import type { Keypad } from './keypad.ts';
import { Refusal } from './refusal.ts';
import { sayAloud } from './say-aloud.ts';
import { addToContext, type Silence } from './silence.ts';
import type { Supervisors } from './supervisors.ts';

export interface CommandParts {
  readonly parts: CallParts;
  readonly speech: Speech;
  readonly silence: Silence;
  readonly transfers: Transfers;
  readonly waiting: WaitingRoom;
  readonly supervisors: Supervisors;
  readonly keypad: Keypad;
  readonly departures: Departures;
  readonly session: () => voice.AgentSession | undefined;
  /** Somebody is on the line. */
  readonly answered: () => boolean;
  readonly handOff: (agentId: string) => Promise<string>;
}

/** How long a transfer waits for the words before it. */
const momentMs = 15_000;

/** What is of no use while it rings. */
const needsCaller = new Set<ControlAction['kind']>([
  ...(['say', 'message', 'dtmf', 'hand_back', 'hand_off'] as const),
]);

/** What a caller who is on hold would not hear. */
const needsEar = new Set<ControlAction['kind']>(['say', 'message', 'dtmf']);

/** Carries one command out; answers what was done. Throws `Refusal`. */
export async function carryOut(around: CommandParts, id: string, action: ControlAction): Promise<string> {
  const { parts, speech, silence, transfers, waiting } = around;
  const { outcome } = parts;
  if (outcome.ending) return askRecorder(parts, action);
  const session = around.session();
  if (!session) throw new Refusal('The call has not begun yet.');
  if (needsCaller.has(action.kind) && !around.answered())
    throw new Refusal('Nobody has answered the call yet.');
  if (needsEar.has(action.kind) && transfers.running) throw new Refusal('The caller is on hold.');
  switch (action.kind) {
    case 'say':
      return await sayAloud(parts, speech, action.text);
    case 'message':
      if (silence.on) throw new Refusal('The agent is silent.');
      await cutIn(session);
      session.generateReply({ userInput: action.text });
      return 'The agent answers.';
    case 'instruct':
      return await instruct(around, session, action.text, action.reply);
    case 'whisper':
      if (action.to === 'agent') return await instruct(around, session, action.text, false);
      if (!waiting.tellPerson(action.text)) throw new Refusal('Nobody is being consulted.');
      return 'The person is told.';
    case 'mute':
      silence.mute();
      return 'The agent is silent.';
    case 'unmute':
      await silence.unmute();
      return silence.on
        ? 'The agent is silent until it is handed the call back.'
        : 'The agent may speak again.';
    case 'end':
      outcome.finish('operator_hung_up', 'A supervisor ended the call.');
      return 'The call ends.';
    case 'pause_recording':
      return pauseRecording(parts);
    case 'resume_recording':
      return resumeRecording(parts);
    case 'transfer':
      return startTransfer(around, session, id, action);
    case 'cancel_transfer':
      return cancelTransfer(transfers);
    case 'hand_off':
      if (silence.on) throw new Refusal('The agent is silent. Let it speak before another one goes on.');
      if (transfers.running) throw new Refusal('A transfer is under way.');
      return await handOff(around, action.agentId);
    case 'dtmf':
      if (parts.plan.channel !== 'phone') throw new Refusal('Keys are for a telephone; this is a web call.');
      return await pressKeys(around, action.digits);
    case 'supervise':
      return await supervise(around, action.identity, action.mode);
    case 'take_over':
      if (silence.takenOver) throw new Refusal('The call is taken over already.');
      silence.takeOver();
      return 'The agent is silent and listens.';
    case 'hand_back':
      if (!silence.on) throw new Refusal('The agent has the call.');
      await silence.handBack(action.note);
      if (action.reply && !transfers.running) session.generateReply();
      return 'The agent goes on.';
  }
}

/** The agent has put the caller through and left; its worker may still record the two. */
function askRecorder(parts: CallParts, { kind }: ControlAction): string {
  if (!parts.outcome.ending?.bridge || !parts.recording.isUnderWay) throw new Refusal('The call is over.');
  if (kind === 'pause_recording') return pauseRecording(parts);
  if (kind === 'resume_recording') return resumeRecording(parts);
  throw new Refusal('The agent has left the call.');
}

function pauseRecording({ recording }: CallParts): string {
  if (!recording.pause()) throw new Refusal('The call is not being recorded.');
  return 'The recording is paused.';
}

function resumeRecording({ recording }: CallParts): string {
  if (!recording.resume()) throw new Refusal('No recording is paused.');
  return 'The recording goes on.';
}

async function instruct(
  { silence, transfers }: CommandParts,
  session: voice.AgentSession,
  text: string,
  reply: boolean,
): Promise<string> {
  if (reply && transfers.running) throw new Refusal('The caller is on hold.');
  if (reply && silence.on) throw new Refusal('The agent is silent.');
  await whisperTo(session, text);
  if (reply) session.generateReply();
  return reply ? 'The agent was told, and speaks.' : 'The agent was told.';
}

/** Tells the model something that the caller does not hear. */
export const whisperTo = (session: voice.AgentSession, text: string): Promise<void> =>
  addToContext(session, (context) =>
    context.addMessage({
      role: 'system',
      content: `Your supervisor tells you, and the caller does not hear it: ${text}`,
    }),
  );

function startTransfer(
  { parts, speech, transfers, silence, departures }: CommandParts,
  session: voice.AgentSession,
  id: string,
  { target, mode }: Extract<ControlAction, { kind: 'transfer' }>,
): string {
  const problem = transfers.problem({ target });
  if (problem) throw new Refusal(problem);
  const stay = leave(departures, 'transfer');
  const sayMoment = async () => {
    // An agent whose voice is gone puts through all the same: then of all times.
    const said = speech.say(speech.phrase('moment'), 'say').then((moment) => moment?.waitForPlayout());
    await within(momentMs, said);
  };
  const run = async () => {
    const order = { target, mode, requestKey: `command-${id}` };
    const result = await transfers.transfer(order, sayMoment).finally(stay);
    if (!silence.on) sayBack(parts, speech, session, result);
  };
  background(parts.log, 'a transfer by command', run());
  return 'The transfer has begun.';
}

function cancelTransfer(transfers: Transfers): string {
  const cancelled = transfers.cancel();
  if (cancelled === 'none') throw new Refusal('No transfer is under way.');
  if (cancelled === 'too_late') throw new Refusal('The carrier is moving the caller already.');
  if (cancelled === 'connecting') throw new Refusal('The caller is being connected already.');
  return 'The transfer is given up.';
}

/** The caller who is back hears why. A scripted model has no words for it, so there the reason itself is said. */
function sayBack(
  { outcome, host }: CallParts,
  speech: Speech,
  session: voice.AgentSession,
  result: TransferOutcome,
): void {
  if (result.ok || outcome.ending) return;
  const { OPENAI_API_KEY, OPENAI_BASE_URL } = host.config.env;
  if (OPENAI_API_KEY || OPENAI_BASE_URL)
    session.generateReply({
      instructions: `You tried to put the caller through. ${result.reason} Tell the caller and offer your own help.`,
    });
  else speech.saySoon(`I am sorry. ${result.reason}`, 'say');
}

/** Answers when the first key is pressed, or why it is not. */
async function pressKeys({ keypad, parts }: CommandParts, digits: string): Promise<string> {
  const isNext = keypad.busy;
  const keys = digits.toUpperCase().replaceAll('W', ',');
  const begun = new Promise<void>((resolve, reject) => {
    keypad.press(keys, resolve).catch(reject);
  });
  if (!isNext) {
    await begun;
    return 'The keys are pressed.';
  }
  background(parts.log, 'sending keys', begun);
  return 'The keys are pressed after those that are being pressed.';
}

async function handOff({ departures, handOff: go }: CommandParts, agentId: string): Promise<string> {
  const stay = leave(departures, 'hand_off');
  try {
    return await go(agentId);
  } finally {
    stay();
  }
}

function leave(departures: Departures, kind: Departure): () => void {
  const begun = departures.begin(kind);
  if (typeof begun === 'string') throw new Refusal(begun);
  return begun;
}

async function supervise(
  { parts, supervisors }: CommandParts,
  identity: string,
  mode: string,
): Promise<string> {
  if (!supervisors.has(identity))
    throw new Refusal(
      'Nobody of that identity can be seen in the call. Ask for a token of that mode instead.',
    );
  const { httpUrl, apiKey, apiSecret } = parts.host.config.livekit;
  const rooms = new RoomServiceClient(httpUrl, apiKey, apiSecret);
  await rooms.updateParticipant(parts.plan.roomName, identity, {
    attributes: { [supervisorModeAttribute]: mode },
  });
  return `They may ${mode} now.`;
}
