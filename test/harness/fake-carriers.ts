import type { Carriers, NumberCarrier, TrunkAnswer, TrunkProbe } from '../../core/ports.ts';
import { local } from '../../sip/carriers/local.ts';

export interface FakeCarriers {
  carriers: Carriers;
  readonly trunkProbe: TrunkProbe;
  /** What every trunk answers. */
  trunkAnswer: TrunkAnswer;
  /** Addresses that were asked. */
  readonly probed: string[];
}

/** Sells nothing. */
const emptyCarrier: NumberCarrier = { ...local, search: async () => [], find: async () => null };

/** The real test numbers, carriers that have none, and a trunk that answers what a test sets. */
export function fakeCarriers(self: () => FakeCarriers): FakeCarriers {
  return {
    carriers: { local, installed: () => null, open: () => emptyCarrier },
    probed: [],
    trunkAnswer: { outcome: 'answered', status: 200, tookMs: 12, detail: 'Answered 200 OK in 12 ms.' },
    trunkProbe: {
      options: async ({ sipAddress }) => {
        self().probed.push(sipAddress);
        return self().trunkAnswer;
      },
    },
  };
}

/** Settings that lead all carriers to one address. */
export const carrierUrls = (url: string) => ({
  ...{ TWILIO_ACCOUNT_SID: undefined, TWILIO_AUTH_TOKEN: undefined },
  ...{ TWILIO_API_URL: url, TELNYX_API_URL: url, VONAGE_API_URL: url },
});
