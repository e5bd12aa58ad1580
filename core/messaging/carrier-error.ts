/** Why a carrier did not take a message, in words fit for people. */
export class CarrierError extends Error {
  override readonly name = 'CarrierError';
  /** none: it was surely not taken, and a repetition may fare better. refused: not taken, and never will be. */
  readonly taken: 'none' | 'refused' | 'unknown';

  constructor(message: string, taken: CarrierError['taken'], options?: ErrorOptions) {
    super(message, options);
    this.taken = taken;
  }
}
