/** Why a carrier did not do what it was asked, in words fit for people. */
export class CarrierFailure extends Error {
  override readonly name = 'CarrierFailure';
  /**
   * taken: the number is somebody's or not for sale. credentials: the account is not let in. refused: anything else it
   * says no to. away: nothing has happened. unknown: no answer; it may have happened.
   */
  readonly kind: 'taken' | 'credentials' | 'refused' | 'away' | 'unknown';

  constructor(message: string, kind: CarrierFailure['kind'], options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}
