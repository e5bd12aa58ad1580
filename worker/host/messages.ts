import { z } from 'zod';

/** What a host tells its supervisor over IPC. */
export const fromHost = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready') }),
  z.object({ type: z.literal('call.began'), callId: z.string(), epoch: z.number() }),
  z.object({ type: z.literal('call.over'), callId: z.string(), epoch: z.number() }),
  /** Slots taken, and whether it takes more. */
  z.object({ type: z.literal('load'), active: z.number(), open: z.boolean() }),
]);
export type FromHost = z.output<typeof fromHost>;

/**
 * What a supervisor tells a host: take no more calls; end those that are there; how many calls the emptiest host has.
 */
export const fromSupervisor = z.discriminatedUnion('type', [
  z.object({ type: z.literal('drain') }),
  z.object({ type: z.literal('hurry') }),
  z.object({ type: z.literal('siblings'), least: z.number() }),
]);
export type FromSupervisor = z.output<typeof fromSupervisor>;
