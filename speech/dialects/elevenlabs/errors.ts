import type { Fault } from '../../http/fault.ts';

/** The vendor's error body: https://elevenlabs.io/docs/api-reference/errors */
export const elevenlabsError = ({ reason, message }: Fault) => ({ detail: { status: reason, message } });
