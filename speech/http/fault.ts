/** A refusal of the gateway; each dialect writes it in its vendor's own shape. */
export class Fault extends Error {
  override readonly name = 'Fault';
  readonly status: number;
  /** A short machine-readable reason in snake_case. */
  readonly reason: string;
  /** The parameter that is wrong, where one is. */
  readonly param: string | undefined;

  constructor(status: number, reason: string, message: string, param?: string) {
    super(message);
    this.status = status;
    this.reason = reason;
    this.param = param;
  }
}

export const badRequest = (message: string, param?: string): Fault =>
  new Fault(400, 'invalid_request', message, param);
