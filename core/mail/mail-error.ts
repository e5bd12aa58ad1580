/** Why a mail server did not take a mail, in words fit for people. */
export class MailError extends Error {
  override readonly name = 'MailError';
  /** The server refused this mail; the same again would be refused again. */
  readonly refused: boolean;

  constructor(message: string, refused: boolean, options?: ErrorOptions) {
    super(message, options);
    this.refused = refused;
  }
}
