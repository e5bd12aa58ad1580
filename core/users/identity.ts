import type { Actor, Role } from '../context.ts';

/** Who a credential stands for, as the database says now: the part of a Context that a surface cannot know. */
export interface Identity {
  readonly actor: Actor;
  readonly workspaceId: string | null;
  readonly role: Role | null;
}
