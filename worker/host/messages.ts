import { z } from 'zod';

/** What a host tells its supervisor over IPC. */
export const fromHost = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready') }),
  z.object({ type: z.literal('call.began'), callId: z.string(), epoch: z.number() }),
  z.object({ type: z.literal('call.over'), callId: z.string(), epoch: z.number() }),
]);
export type FromHost = z.output<typeof fromHost>;

/** What a supervisor tells a host: take no more calls; end those that are there. */
export const fromSupervisor = z.discriminatedUnion('type', [
  z.object({ type: z.literal('drain') }),
  z.object({ type: z.literal('hurry') }),
]);
export type FromSupervisor = z.output<typeof fromSupervisor>;
