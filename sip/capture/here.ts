import type { Config } from '../../platform/config.ts';
import { type SipPlace, whyNoCapture } from './tcpdump.ts';

/** Where livekit-sip talks, when it runs on this machine; null: it runs elsewhere, or not at all. */
export function sipPlaceOf({ env, livekit }: Pick<Config, 'env' | 'livekit'>): SipPlace | null {
  const { hostname } = new URL(livekit.url);
  const isHere = hostname === 'localhost' || hostname.startsWith('127.');
  if (!isHere || !env.SIP_ENABLED || env.SIP_EXTERNAL) return null;
  return { host: env.SIP_HOST, port: env.SIP_PORT, rtpPorts: env.SIP_RTP_PORTS };
}

/** Why packets of calls cannot be captured in this installation; null: they can. */
export async function whyNoCaptureHere(config: Pick<Config, 'env' | 'livekit'>): Promise<string | null> {
  const place = sipPlaceOf(config);
  if (place === null)
    return 'livekit-sip does not run on this machine, so its packets cannot be captured from here.';
  return await whyNoCapture(place);
}
