import { type CarrierAccount, carrierAccount } from '../../core/carriers/account.ts';
import type { AvailableNumber, Carriers, NumberCarrier, NumberQuery } from '../../core/ports.ts';
import type { Env } from '../../platform/settings.ts';
import { local } from './local.ts';
import { telnyx } from './telnyx.ts';
import { twilio } from './twilio.ts';
import { vonage } from './vonage.ts';

type CarrierEnv = Pick<
  Env,
  'TWILIO_ACCOUNT_SID' | 'TWILIO_AUTH_TOKEN' | 'TWILIO_API_URL' | 'TELNYX_API_URL' | 'VONAGE_API_URL'
>;

/** core/ports.ts `Carriers` over the carriers' HTTP APIs. */
export function openCarriers(env: CarrierEnv): Carriers {
  const open = (account: CarrierAccount): NumberCarrier => {
    switch (account.carrier) {
      case 'twilio':
        return twilio(account, env.TWILIO_API_URL);
      case 'telnyx':
        return telnyx(account, env.TELNYX_API_URL);
      case 'vonage':
        return vonage(account, env.VONAGE_API_URL);
    }
  };
  const own = installedTwilio(env);
  const search = own === null ? null : cached((query) => open(own).search(query));
  return {
    local,
    open,
    installed: (carrier) => (carrier === 'twilio' && search !== null ? { search } : null),
  };
}

/** The account that text messages go out by. */
function installedTwilio(env: CarrierEnv): CarrierAccount | null {
  const { TWILIO_ACCOUNT_SID: accountSid, TWILIO_AUTH_TOKEN: authToken } = env;
  if (!accountSid || !authToken) return null;
  // Nothing is bought with it, so no call takes its trunk.
  return carrierAccount.parse({ carrier: 'twilio', accountSid, authToken, sipAddress: 'localhost' });
}

const keepMs = 60_000;
const maxKept = 500;

type Search = (query: NumberQuery) => Promise<readonly AvailableNumber[]>;

/** Anybody may search: the same question is asked once a minute. */
function cached(search: Search): Search {
  const kept = new Map<string, { readonly until: number; readonly answer: ReturnType<Search> }>();
  return (query) => {
    const key = JSON.stringify(query);
    const hit = kept.get(key);
    if (hit !== undefined && hit.until > Date.now()) return hit.answer;
    const answer = search(query);
    kept.delete(key);
    kept.set(key, { until: Date.now() + keepMs, answer });
    answer.catch(() => kept.delete(key));
    const [oldest] = kept.keys();
    if (kept.size > maxKept && oldest !== undefined) kept.delete(oldest);
    return answer;
  };
}
