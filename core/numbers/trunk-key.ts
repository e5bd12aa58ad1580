/** Numbers with the same SIP address and user share lines and calls per second; trunk_limits.trunk, attempts.trunk. */
export const trunkKey = (number: { readonly sipAddress: string; readonly authUsername: string }): string =>
  number.authUsername === '' ? number.sipAddress : `${number.authUsername}@${number.sipAddress}`;
