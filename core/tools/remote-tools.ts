import { DateTime } from 'luxon';
import { z } from 'zod';
import type { BuiltInName } from '../agents/definition.ts';

/**
 * Built-in functions that need the database: a worker asks the control plane for them. Pure: the worker reads this
 * file.
 */

export const remoteToolNames = [
  'schedule_callback',
  'send_message',
  'opt_out',
] as const satisfies BuiltInName[];
export type RemoteToolName = (typeof remoteToolNames)[number];

/** POST {controlPlane}/internal/calls/{callId}/tools (Bearer INTERNAL_TOKEN). */
export const remoteToolRequest = z.object({
  epoch: z.number().int().min(1).max(1_000_000),
  toolCallId: z.string().min(1).max(200),
  name: z.enum(remoteToolNames),
  arguments: z.record(z.string(), z.unknown()),
  /** E.164, as the worker sees it on the line; null: unknown or withheld. */
  personNumber: z.string().nullable().default(null),
});

/** ok: the result in words. Otherwise why not, in words that the model may read. */
export const remoteToolAnswer = z.object({ ok: z.boolean(), words: z.string() });
export type RemoteToolAnswer = z.output<typeof remoteToolAnswer>;

export interface ToolSpec {
  readonly name: BuiltInName;
  readonly description: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

const text = (description: string) => ({ type: 'string', description });
const phone = text(
  'Phone number with country code, for example +16505551234. Leave it out for the number of this call.',
);

/** @param at what counts as now; models do not know it */
export const remoteToolSpecs = (at = new Date()): Readonly<Record<RemoteToolName, ToolSpec>> => ({
  schedule_callback: {
    name: 'schedule_callback',
    description: `Promises the caller a call back at a time that they chose. Ask for day and time, and when it is not clear for their city or time zone. Use it again to move it to another time. It is now ${nowInWords(at)}.`,
    parameters: {
      properties: {
        time: text('When to call, in the caller’s own local time, as YYYY-MM-DDTHH:MM'),
        time_zone: text('IANA name of the caller’s time zone, for example America/New_York'),
        reason: text('What the call is about, in a few words'),
        phone_number: phone,
      },
      required: ['time'],
    },
  },
  send_message: {
    name: 'send_message',
    description:
      'Sends the caller a text message (SMS). Use it when they want something in writing, and only after they agreed.',
    parameters: {
      properties: { text: text('The message, at most 1000 characters'), phone_number: phone },
      required: ['text'],
    },
  },
  opt_out: {
    name: 'opt_out',
    description:
      'Puts the caller on the do-not-call list. Use it as soon as they say that they do not want to be called any more.',
    parameters: {
      properties: {
        reason: text('What the caller said'),
        phone_number: text(
          'Their phone number with country code, only when it is not known from the call and they were asked for it',
        ),
      },
    },
  },
});

const nowInWords = (at: Date): string =>
  DateTime.fromJSDate(at, { zone: 'utc' }).setLocale('en').toFormat("cccc, d LLLL yyyy, HH:mm 'UTC'");
