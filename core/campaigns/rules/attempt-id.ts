import { createHash } from 'node:crypto';

/**
 * The id of the nth attempt to reach a contact, which is the id of its call too. It follows from both (a UUID of
 * version 8, RFC 9562), so whoever repeats the step after a crash meets the row that is there already.
 */
export function attemptId(contactId: string, number: number): string {
  const bytes = createHash('sha256').update(`attempt ${contactId} ${number}`).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
