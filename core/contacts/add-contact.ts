import { and, eq } from 'drizzle-orm';
import { z } from 'zod';
import { contacts } from '../../db/schema/contacts.ts';
import { callBackPriority } from '../campaigns/engine/what-next.ts';
import { decide } from '../campaigns/ledger/decide.ts';
import { gatherFacts } from '../campaigns/ledger/gather-facts.ts';
import { isZone, judgeContact, locate, placeOfKey, windowKey } from '../campaigns/rules/index.ts';
import { nowMs } from '../context.ts';
import { DomainError, invalid } from '../errors.ts';
import { variablesField } from '../fields.ts';
import { operation } from '../operation.ts';
import { campaignForContacts } from './campaign-of.ts';
import { rowProblems, usualPriority } from './import/read-row.ts';
import { isPhoneCountry, readPhone } from './phone.ts';
import { lockWorkspace } from './workspace-lock.ts';

/** Nobody waits longer than that for a call; a campaign would not end before. */
const farthestMs = 366 * 86_400_000;

export type Contact = typeof contacts.$inferSelect;

/** Every zone the person may be in; none: nobody knows, and nobody dials. */
export const zonesOf = ({ windowKey: key }: Pick<Contact, 'windowKey'>): readonly string[] =>
  placeOfKey(key).zones;

const text = (length: number) => z.string().trim().min(1).max(length).nullable().default(null);
const input = z.object({
  campaignId: z.string(),
  phone: z.string().max(40),
  /** ISO 3166 of a number without a country code. */
  country: z
    .string()
    .trim()
    .toUpperCase()
    .refine(isPhoneCountry, 'there is no country of this code; write it as US, GB, IN')
    .nullable()
    .default(null),
  zone: z.string().refine(isZone, 'there is no time zone of this name').nullable().default(null),
  state: text(100),
  zip: text(20),
  variables: variablesField.default({}),
  consent: z.enum(['unknown', 'express', 'written', 'denied']).default('unknown'),
  consentEvidence: text(1_000),
  /** Left out: the usual one; the first, for somebody who has asked for a call. */
  priority: z.number().int().min(0).max(9).optional(),
  /** Not before; now when left out. */
  nextAttemptAt: z.coerce.date().optional(),
  callBackAt: z.coerce.date().nullable().default(null),
  onDuplicate: z.enum(['refuse', 'keep']).default('refuse'),
});

/**
 * Puts one person into a campaign. Throws conflict when the campaign has the number already. Somebody who may never be
 * called is taken too, as `blocked` with the reason, so that nobody wonders where they are.
 */
export const addContact = operation({
  name: 'contact.add',
  scope: 'member',
  input,
  audit: ({ campaignId }, contact: Contact) => ({ target: contact.id, details: { campaignId } }),
  run: async (ctx, { phone: rawPhone, country, onDuplicate, ...given }): Promise<Contact> => {
    const campaign = await campaignForContacts(ctx, given.campaignId);
    const phone = readPhone(rawPhone, country);
    if ('problem' in phone) throw invalid('phone', rowProblems[phone.problem]);
    const { zone: givenZone, state: givenState, zip: givenZip } = given;
    const whereabouts = { givenZone, givenState, givenZip };
    const place = locate({ phone: phone.e164, country: phone.country, ...whereabouts });
    if ('problem' in place) throw invalid(place.problem.replace('_invalid', ''), rowProblems[place.problem]);
    if ((given.callBackAt?.getTime() ?? 0) > nowMs(ctx) + farthestMs)
      throw invalid('callBackAt', 'a call-back is at most a year ahead');
    await lockWorkspace(ctx.db, ctx.workspaceId);
    if (onDuplicate === 'refuse') {
      const [known] = await ctx.db
        .select({ id: contacts.id })
        .from(contacts)
        .where(
          and(
            eq(contacts.workspaceId, ctx.workspaceId),
            eq(contacts.phone, phone.e164),
            eq(contacts.campaignId, campaign.id),
          ),
        )
        .limit(1);
      if (known)
        throw new DomainError('conflict', 'The campaign has this number already.', {
          fields: [{ path: 'phone', message: 'in the campaign already' }],
          details: { contactId: known.id },
        });
    }
    const { variables, consent, consentEvidence, nextAttemptAt, callBackAt } = given;
    const priority = given.priority ?? (callBackAt === null ? usualPriority : callBackPriority);
    const [contact] = await ctx.db
      .insert(contacts)
      .values({
        ...{
          workspaceId: ctx.workspaceId,
          campaignId: campaign.id,
          phone: phone.e164,
          country: phone.country,
        },
        ...{ ...whereabouts, windowKey: windowKey(place), variables, consent },
        ...{ consentEvidence, priority, callBackAt },
        ...(nextAttemptAt || callBackAt
          ? { nextAttemptAt: nextAttemptAt ?? callBackAt ?? new Date(nowMs(ctx)) }
          : {}),
      })
      .returning();
    if (!contact) throw new Error('The insert of a contact returned nothing.');
    // As in an import: the ledger gets a row here only for those whom nobody will consider again.
    const atMs = nowMs(ctx);
    const { facts } = await gatherFacts(ctx.db, { campaign, contacts: [contact], atMs });
    const judgement = facts[0] && judgeContact(facts[0], atMs);
    if (!judgement?.final) return contact;
    await decide(ctx.db, { campaign, stage: 'import', contacts: [contact], atMs });
    const [blocked] = await ctx.db
      .update(contacts)
      .set({ state: 'blocked', blockedReason: judgement.reason })
      .where(eq(contacts.id, contact.id))
      .returning();
    return blocked ?? contact;
  },
});
