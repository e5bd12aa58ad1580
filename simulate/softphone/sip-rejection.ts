/** The other side's final answer was no. */
export class SipRejection extends Error {
  override readonly name = 'SipRejection';
  readonly status: number;
  readonly reason: string;
  /** Moment of `performance.now()`. */
  readonly at = performance.now();

  constructor(status: number, reason: string) {
    super(`rejected with ${status} ${reason}`);
    this.status = status;
    this.reason = reason;
  }
}
