import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import type { JudgedCampaign } from '../../core/campaigns/ledger/index.ts';
import { locate, ruleSettings, windowKey } from '../../core/campaigns/rules/index.ts';
import { campaignVersions } from '../../db/schema/campaign-versions.ts';
import { campaigns } from '../../db/schema/campaigns.ts';
import { contacts } from '../../db/schema/contacts.ts';
import type { TestContext } from '../harness/context.ts';
import { newAgent } from './lines.ts';
import { newPerson, type Person } from './people.ts';

/** Every hour that a law allows. */
export const allDay = Object.fromEntries(
  ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'].map((day) => [
    day,
    [{ from: '00:00', to: '24:00' }],
  ]),
);

/** A campaign as its rows, without the verbs around it. */
export async function campaignRow(
  t: TestContext,
  owner: Pick<Person, 'ctx' | 'workspaceId'>,
  settings: z.input<typeof ruleSettings> = { windows: allDay },
): Promise<JudgedCampaign> {
  const agent = await newAgent(owner.ctx);
  const rules = ruleSettings.parse(settings);
  const id = randomUUID();
  const { workspaceId } = owner;
  await t.db
    .insert(campaigns)
    .values({ ...{ id, workspaceId, rules }, slug: id, name: 'Reminders', agentId: agent.id });
  await t.db.insert(campaignVersions).values({ campaignId: id, version: 1, rules });
  return { id, workspaceId, version: 1, rules };
}

/** Somebody with a campaign. */
export async function campaigner(t: TestContext, settings?: z.input<typeof ruleSettings>) {
  const person = await newPerson(t);
  return { ...person, campaign: await campaignRow(t, person, settings) };
}

export type ContactRow = typeof contacts.$inferSelect;

/** A contact that waits; where they are follows from the number. */
export async function contactRow(
  t: TestContext,
  { id: campaignId, workspaceId }: JudgedCampaign,
  values: Partial<typeof contacts.$inferInsert> & { readonly phone: string },
): Promise<ContactRow> {
  // Countries other than those of +1 are told by the number's country, as in an import.
  const country = values.country ?? (values.phone.startsWith('+91') ? 'IN' : null);
  const place = locate({ phone: values.phone, country, givenZone: values.givenZone ?? null });
  if ('problem' in place) throw new Error(place.problem);
  const [row] = await t.db
    .insert(contacts)
    .values({
      ...{ campaignId, workspaceId, windowKey: windowKey(place) },
      consent: 'written',
      ...values,
    })
    .returning();
  if (!row) throw new Error('The insert of a contact returned nothing.');
  return row;
}
