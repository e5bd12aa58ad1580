import { type RemoteParticipant, RoomEvent } from '@livekit/rtc-node';
import { type ControlCommand, controlTopic, openCommand } from '../../../core/calls/control/command.ts';
import type { CallEventBody } from '../../../core/calls/events.ts';
import { background } from '../../../platform/background.ts';
import type { CallParts } from '../parts.ts';
import { Refusal } from './refusal.ts';

type Answer = Extract<CallEventBody, { type: 'control.applied' | 'control.refused' }>;

/**
 * Receives commands and answers each with an event. A packet counts only when the server sent it (no participant's
 * identity) and the control plane signed it: what a hidden participant sends has no identity either. A command that
 * comes twice is carried out once and answered twice.
 */
export class ControlLink {
  readonly #parts: CallParts;
  readonly #carryOut: (command: ControlCommand) => Promise<string>;
  readonly #answers = new Map<string, Promise<Answer>>();

  constructor(parts: CallParts, carryOut: (command: ControlCommand) => Promise<string>) {
    this.#parts = parts;
    this.#carryOut = carryOut;
    parts.ctx.room.on(RoomEvent.DataReceived, (payload, participant, _kind, topic) => {
      if (topic === controlTopic) this.receive(payload, participant);
    });
  }

  receive(payload: Uint8Array, from: Pick<RemoteParticipant, 'identity'> | undefined): void {
    const { host, plan, log, events } = this.#parts;
    const command = from ? undefined : openCommand(payload, host.config.secrets.internalToken);
    if (!command || command.callId !== plan.callId) {
      log.warn({ identity: from?.identity }, 'a command that is not of the control plane was dropped');
      return;
    }
    const { id } = command;
    const known = this.#answers.get(id);
    const answer = known ?? this.#answer(command);
    this.#answers.set(id, answer);
    background(
      log,
      'answering a command',
      answer.then((event) => events.emit(event)),
    );
  }

  async #answer(command: ControlCommand): Promise<Answer> {
    const { id, action } = command;
    const about = { commandId: id, kind: action.kind };
    try {
      return { type: 'control.applied', ...about, detail: await this.#carryOut(command) };
    } catch (error) {
      if (error instanceof Refusal) return { type: 'control.refused', ...about, detail: error.message };
      this.#parts.log.error({ err: error, kind: action.kind }, 'a command failed');
      return { type: 'control.refused', ...about, detail: 'The worker could not carry it out.' };
    }
  }
}
