import { RoomAgentDispatch, SIPTransport } from '@livekit/protocol';
import {
  RoomConfiguration,
  SIPDispatchRule,
  SIPDispatchRuleIndividual,
  SIPDispatchRuleInfo,
  SIPInboundTrunkInfo,
  SIPOutboundTrunkInfo,
} from 'livekit-server-sdk';
import { type DispatchMetadata, numberAttribute } from '../core/calls/plan.ts';

/** What of a phone number row concerns LiveKit. */
export interface NumberToSync {
  readonly id: string;
  readonly e164: string;
  readonly provider: string;
  readonly sipAddress: string;
  readonly transport: 'auto' | 'udp' | 'tcp' | 'tls';
  readonly authUsername: string;
  /** Opened. */
  readonly authPassword: string;
  readonly allowedAddresses: readonly string[];
  readonly krispEnabled: boolean;
  readonly agentId: string | null;
}

/** What LiveKit should have for one number; null: nothing of that kind. */
export interface DesiredTrunks {
  readonly inbound: SIPInboundTrunkInfo | null;
  readonly outbound: SIPOutboundTrunkInfo | null;
  /** Its trunkIds are filled in when the inbound trunk has its id. */
  readonly rule: SIPDispatchRuleInfo | null;
}

const namePrefix = 'trunkline:';
/**
 * The name under which our objects are found again when their ids got lost. It is the name and not the metadata,
 * because LiveKit hands a dispatch rule's metadata on to the caller's participant.
 */
export const objectName = (phoneNumberId: string): string => `${namePrefix}${phoneNumberId}`;
export const isOurs = (name: string): boolean => name.startsWith(namePrefix);

/** Start of the names of inbound rooms; LiveKit adds the caller's number and a random part. */
export const inboundRoomPrefix = 'inbound';

const transports = {
  auto: SIPTransport.SIP_TRANSPORT_AUTO,
  udp: SIPTransport.SIP_TRANSPORT_UDP,
  tcp: SIPTransport.SIP_TRANSPORT_TCP,
  tls: SIPTransport.SIP_TRANSPORT_TLS,
} as const;

/**
 * LiveKit's side of a number. `allowed` null: nobody may call in (no inbound trunk).
 * Without an agent there is an inbound trunk but no dispatch rule: nothing would answer.
 */
export function desiredTrunks(
  number: NumberToSync,
  allowed: readonly string[] | null,
  agentName: string,
): DesiredTrunks {
  const name = objectName(number.id);
  const { authUsername, authPassword, krispEnabled } = number;
  const numbers = [number.e164];
  return {
    inbound:
      allowed === null
        ? null
        : new SIPInboundTrunkInfo({
            name,
            numbers,
            allowedAddresses: [...allowed],
            krispEnabled,
            ...(allowed.length === 0 ? { authUsername, authPassword } : {}),
          }),
    outbound:
      number.sipAddress.trim() === ''
        ? null
        : new SIPOutboundTrunkInfo({
            name,
            numbers,
            address: number.sipAddress.trim(),
            transport: transports[number.transport],
            authUsername,
            authPassword,
          }),
    rule:
      allowed === null || number.agentId === null ? null : inboundRule(number.id, krispEnabled, agentName),
  };
}

function inboundRule(phoneNumberId: string, krispEnabled: boolean, agentName: string): SIPDispatchRuleInfo {
  const metadata: DispatchMetadata = { kind: 'inbound', phoneNumberId };
  return new SIPDispatchRuleInfo({
    name: objectName(phoneNumberId),
    krispEnabled,
    rule: new SIPDispatchRule({
      rule: {
        case: 'dispatchRuleIndividual',
        value: new SIPDispatchRuleIndividual({ roomPrefix: inboundRoomPrefix }),
      },
    }),
    attributes: { [numberAttribute]: phoneNumberId },
    roomConfig: new RoomConfiguration({
      emptyTimeout: 30,
      departureTimeout: 10,
      agents: [new RoomAgentDispatch({ agentName, metadata: JSON.stringify(metadata) })],
    }),
  });
}
