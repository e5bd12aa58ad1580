import type { Reason } from '../rules/index.ts';

export type ViolationKind =
  | Exclude<Reason, 'allowed'>
  /** Dialed without a decision that allowed it. */
  | 'undecided'
  /**
   * Two INVITEs for one attempt, or two calls to one number at the same time, by whichever campaigns of a workspace.
   */
  | 'twice'
  /** More than 3 % of the live answers of 30 days heard nobody in time. */
  | 'abandoned'
  /** What the decision rested on cannot be read any more. */
  | 'unreadable';

/** What is judged: what was dialed from `from` on, before `to`. */
export interface Range {
  readonly from: Date;
  readonly to: Date;
  /** Everybody's when left out. */
  readonly workspaceId?: string | undefined;
  readonly campaignId?: string | undefined;
}

export interface Violation {
  readonly kind: ViolationKind;
  readonly at: Date;
  readonly workspaceId: string;
  readonly campaignId: string | null;
  readonly contactId: string | null;
  readonly callId: string | null;
  readonly phone: string | null;
  /** In words. */
  readonly detail: string;
}
