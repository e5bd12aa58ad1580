import { sha256 } from '../platform/crypto.ts';

/**
 * Header of the INVITE to whom a call is transferred: says which call it belongs to, for whoever looks at packets. Not
 * the Call-ID itself, which may hold the address of another network.
 */
export const legOfHeader = 'X-Trunkline-Leg-Of';

export const legMark = (sipCallId: string): string => sha256(sipCallId).slice(0, 32);
