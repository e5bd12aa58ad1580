import { z } from 'zod';
import { networkField, sipAddressField } from '../fields.ts';

/** What a SIP trunk is, as far as it can be changed later. */
export const trunkFields = z.object({
  sipAddress: sipAddressField,
  provider: z.string().trim().max(100),
  email: z.string().trim().max(320),
  authUsername: z.string().trim().max(200),
  /** Empty: no credentials. */
  authPassword: z.string().max(500),
  krispEnabled: z.boolean(),
  label: z.string().trim().max(200),
  transport: z.enum(['auto', 'udp', 'tcp', 'tls']),
  allowedAddresses: z.array(networkField).max(100),
});
