import { and, eq, ne } from 'drizzle-orm';
import { parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { DateTime } from 'luxon';
import { z } from 'zod';
import { callbacks } from '../../db/schema/callbacks.ts';
import { mustNotCall } from '../campaigns/ledger/gather-lists.ts';
import { locate } from '../campaigns/rules/places/locate.ts';
import type { OperationContext } from '../context.ts';
import { phoneNumberField } from '../fields.ts';
import { requestKey, type ToolSubject } from '../tools/subject.ts';
import { ToolError } from '../tools/tool.ts';

const maxDaysAhead = 90;
/** To different numbers: somebody who books for a family, and no stranger who fills the line. */
const maxOfConversation = 5;

export const callbackArguments = z.object({
  time: z.string().trim().min(1).max(40),
  time_zone: z.string().trim().max(60).optional(),
  reason: z.string().trim().max(500).default(''),
  phone_number: phoneNumberField.optional(),
});

/**
 * Keeps a call-back that somebody asked an agent for, and says when it will be. An earlier one of the same conversation
 * to the same number is moved by it. Throws ToolError with what to ask for.
 */
export async function scheduleCallback(
  ctx: Pick<OperationContext, 'db'>,
  subject: ToolSubject,
  toolCallId: string,
  asked: z.output<typeof callbackArguments>,
  now = DateTime.now(),
): Promise<string> {
  const phoneNumber = asked.phone_number ?? subject.personNumber;
  if (phoneNumber === null) throw new ToolError('Ask the caller for the phone number to call.');
  const due = momentOf(asked.time, asked.time_zone ?? subject.timeZone ?? zoneOf(phoneNumber));
  if (due <= now) throw new ToolError(`That time has passed. It is now ${spoken(now.setZone(due.zone))}.`);
  if (due > now.plus({ days: maxDaysAhead }))
    throw new ToolError(`Call-backs can be at most ${maxDaysAhead} days ahead. Ask for an earlier day.`);
  if (await mustNotCall(ctx.db, subject.workspaceId, phoneNumber))
    throw new ToolError(
      'This number is on the do-not-call list, so no call can be promised. Tell the caller.',
    );
  const pending = and(ofConversation(subject), eq(callbacks.status, 'pending'));
  const others = await ctx.db.$count(callbacks, and(pending, ne(callbacks.phoneNumber, phoneNumber)));
  if (others >= maxOfConversation)
    throw new ToolError(
      `There are ${maxOfConversation} call-backs of this conversation already, and there can be no more. Tell the caller.`,
    );
  const [kept] = await ctx.db
    .insert(callbacks)
    .values({
      workspaceId: subject.workspaceId,
      agentId: subject.agentId,
      callId: subject.callId,
      conversationId: subject.conversationId,
      phoneNumber,
      dueAt: due.toJSDate(),
      timeZone: due.zoneName ?? 'utc',
      reason: asked.reason,
      requestKey: requestKey(subject, toolCallId),
    })
    .onConflictDoNothing()
    .returning();
  // They have asked for another time: they are not called twice.
  if (kept)
    await ctx.db
      .update(callbacks)
      .set({ status: 'canceled', statusReason: 'They asked for another time.' })
      .where(and(pending, eq(callbacks.phoneNumber, phoneNumber), ne(callbacks.id, kept.id)));
  return `The call-back is booked for ${spoken(due)} (${due.zoneName}). Say the day and time to the caller.`;
}

const ofConversation = ({ callId, conversationId }: ToolSubject) =>
  callId === null ? eq(callbacks.conversationId, conversationId ?? '') : eq(callbacks.callId, callId);

function momentOf(time: string, timeZone: string | null | undefined): DateTime<true> {
  // With an offset the time says by itself where it is meant.
  const withOffset = /T.*(Z|[+-]\d{2}:?\d{2})$/.test(time);
  if (!withOffset && !timeZone)
    throw new ToolError('Ask the caller in which city or time zone they are, and give time_zone.');
  const zone = timeZone ?? 'utc';
  if (!DateTime.now().setZone(zone).isValid)
    throw new ToolError(`"${zone}" is no IANA time zone; write one like America/New_York.`);
  const moment = DateTime.fromISO(time.replace(' ', 'T'), { zone });
  if (moment.isValid && /\d{4}-\d{2}-\d{2}T\d{2}/.test(moment.toISO()) && time.includes(':')) return moment;
  throw new ToolError('The time must be written as YYYY-MM-DDTHH:MM, for example 2026-02-15T09:30.');
}

/** Where a number can only be in one zone, its owner need not be asked; the answer names the zone all the same. */
function zoneOf(phone: string): string | null {
  const place = locate({ phone, country: parsePhoneNumberFromString(phone)?.country ?? null });
  const [zone, ...others] = 'zones' in place ? place.zones : [];
  return zone !== undefined && others.length === 0 ? zone : null;
}

const spoken = (moment: DateTime): string => moment.setLocale('en').toFormat("cccc, d LLLL 'at' h:mm a");
