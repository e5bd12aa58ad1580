import { z } from 'zod';
import { networkField, sipAddressField } from '../fields.ts';

/** Carriers that numbers are bought from with an account of the workspace's own; `local` needs none. */
export const accountCarriers = ['twilio', 'telnyx', 'vonage'] as const;
export type AccountCarrier = (typeof accountCarriers)[number];
export const carriers = ['local', ...accountCarriers] as const;
export type CarrierName = (typeof carriers)[number];

const text = z.string().trim().min(1, 'must not be empty').max(500);

/** How calls of the bought numbers come and go. */
const trunk = {
  /** Where outbound calls go. */
  sipAddress: sipAddressField,
  sipUsername: z.string().trim().max(200).default(''),
  sipPassword: z.string().max(500).default(''),
  /** From where the carrier calls in; empty: the addresses of `sipAddress`, or credentials. */
  allowedAddresses: z.array(networkField).max(100).default([]),
};

export const carrierAccount = z.discriminatedUnion('carrier', [
  z.object({
    carrier: z.literal('twilio'),
    accountSid: text,
    authToken: text,
    /** Elastic SIP trunk that takes the calls of bought numbers. */
    trunkSid: z.string().trim().max(100).default(''),
    ...trunk,
  }),
  z.object({
    carrier: z.literal('telnyx'),
    apiKey: text,
    /** SIP connection that takes the calls of bought numbers. */
    connectionId: z.string().trim().max(100).default(''),
    ...trunk,
    sipAddress: sipAddressField.default('sip.telnyx.com'),
  }),
  z.object({
    carrier: z.literal('vonage'),
    apiKey: text,
    apiSecret: text,
    /** `sip:` address that calls of bought numbers are led to. */
    inboundSipUri: z.string().trim().max(300).default(''),
    ...trunk,
    sipAddress: sipAddressField.default('sip.nexmo.com'),
  }),
]);
export type CarrierAccount = z.output<typeof carrierAccount>;
export type AccountOf<C extends AccountCarrier> = Extract<CarrierAccount, { carrier: C }>;
