import type { Peer } from './address.ts';

export const PCMU = 0;
export const TELEPHONE_EVENT = 101;

/** What the other side told about its audio. */
export interface RemoteMedia extends Peer {
  /** Payload type of RFC 4733 events, when they were offered. */
  readonly dtmfType: number | undefined;
  /** Whether it wants to hear us (not on hold). */
  readonly listens: boolean;
}

export interface LocalMedia extends Peer {
  readonly sessionId: number;
  readonly version: number;
}

/** An offer or answer of PCMU and telephone-event in 20 ms packets. */
export function writeSdp(media: LocalMedia): string {
  const lines = [
    'v=0',
    `o=softphone ${media.sessionId} ${media.version} IN IP4 ${media.host}`,
    's=softphone',
    `c=IN IP4 ${media.host}`,
    't=0 0',
    `m=audio ${media.port} RTP/AVP ${PCMU} ${TELEPHONE_EVENT}`,
    `a=rtpmap:${PCMU} PCMU/8000`,
    `a=rtpmap:${TELEPHONE_EVENT} telephone-event/8000`,
    `a=fmtp:${TELEPHONE_EVENT} 0-16`,
    'a=ptime:20',
    'a=sendrecv',
  ];
  return `${lines.join('\r\n')}\r\n`;
}

/** Returns undefined when there is no audio section with PCMU that we could talk to. */
export function readSdp(body: string): RemoteMedia | undefined {
  const [session = '', ...sections] = body.replace(/\r\n/g, '\n').split(/\n(?=m=)/);
  const audio = sections.find((section) => section.startsWith('m=audio '));
  const offer = /^m=audio (\d+)(?:\/\d+)? RTP\/AVPF? ([\d ]+)/.exec(audio ?? '');
  if (!audio || !offer?.[2]) return undefined;
  const types = offer[2].trim().split(/\s+/).map(Number);
  const host = connection(audio) ?? connection(session);
  const port = Number(offer[1]);
  if (!host || port === 0 || port > 65_535 || !types.includes(PCMU)) return undefined;
  const dtmf = /^a=rtpmap:(\d+) telephone-event\/8000/m.exec(audio)?.[1];
  const direction = /^a=(sendrecv|sendonly|recvonly|inactive)\s*$/m.exec(audio)?.[1];
  return {
    host,
    port,
    dtmfType: dtmf === undefined ? undefined : Number(dtmf),
    listens: direction !== 'sendonly' && direction !== 'inactive' && host !== '0.0.0.0',
  };
}

function connection(section: string): string | undefined {
  return /^c=IN IP4 ([^\s/]+)/m.exec(section)?.[1];
}
