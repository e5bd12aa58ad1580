import type { SupervisorMode } from '../../core/calls/control/command.ts';
import { isPersonIdentity, isSupervisorIdentity } from '../../core/calls/plan.ts';

/** Who hears whom in the room of a call. Pure; media-gate.ts applies it. */

export type Role = 'agent' | 'caller' | 'person' | 'supervisor';
/** voice: what the agent says. hold: what the caller hears meanwhile. aside: what is said to the person alone. */
export type TrackUse = 'voice' | 'hold' | 'aside';
/** apart: the person is being asked and the caller waits. */
export type Phase = 'together' | 'apart';

export interface Party {
  readonly role: Role;
  /** Of a supervisor. */
  readonly mode?: SupervisorMode | undefined;
}

export const holdTrack = 'trunkline.hold';
export const asideTrack = 'trunkline.aside';

export const useOf = (trackName: string): TrackUse =>
  trackName === holdTrack ? 'hold' : trackName === asideTrack ? 'aside' : 'voice';

export function roleOf(identity: string): Exclude<Role, 'agent'> {
  if (isPersonIdentity(identity)) return 'person';
  return isSupervisorIdentity(identity) ? 'supervisor' : 'caller';
}

/** The agent is never asked: what it takes in is decided where it listens. */
export function hears(listener: Party, speaker: Party & { readonly use: TrackUse }, phase: Phase): boolean {
  switch (speaker.role) {
    case 'agent':
      return hearsAgent(listener.role, speaker.use, phase);
    case 'caller':
      return listener.role !== 'person' || phase === 'together';
    case 'person':
      return listener.role !== 'caller' || phase === 'together';
    case 'supervisor':
      return hearsSupervisor(listener.role, speaker.mode ?? 'listen');
  }
}

function hearsAgent(listener: Role, use: TrackUse, phase: Phase): boolean {
  if (use === 'hold') return listener === 'caller';
  if (use === 'aside') return listener !== 'caller';
  return listener !== 'person' || phase === 'together';
}

function hearsSupervisor(listener: Role, mode: SupervisorMode): boolean {
  if (listener === 'supervisor' || mode === 'barge') return true;
  return mode === 'whisper_person' && listener === 'person';
}
