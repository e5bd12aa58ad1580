import { sha256 } from '../../platform/crypto.ts';

/** Numbers with the same SIP address and user share lines and calls per second; trunk_limits.trunk, attempts.trunk. */
export const trunkKey = (number: { readonly sipAddress: string; readonly authUsername: string }): string =>
  number.authUsername === '' ? number.sipAddress : `${number.authUsername}@${number.sipAddress}`;

/** A trunk's name in the metrics, which anybody may read: whose it is and where it leads cannot be told from it. */
export const trunkLabel = (workspaceId: string, trunk: string): string =>
  sha256(`${workspaceId} ${trunk}`).slice(0, 12);
