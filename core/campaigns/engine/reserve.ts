import { and, asc, eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import { anyOf } from '../../../db/any-of.ts';
import { insertMany } from '../../../db/insert-many.ts';
import { agents } from '../../../db/schema/agents.ts';
import { attempts } from '../../../db/schema/attempts.ts';
import { campaignNumbers } from '../../../db/schema/campaign-numbers.ts';
import { campaigns } from '../../../db/schema/campaigns.ts';
import { phoneNumbers } from '../../../db/schema/phone-numbers.ts';
import { versionFor } from '../../agents/traffic.ts';
import { queueCalls } from '../../calls/queue-calls.ts';
import type { OperationContext } from '../../context.ts';
import { trunkKey } from '../../numbers/trunk-key.ts';
import { operation } from '../../operation.ts';
import type { Campaign } from '../campaign.ts';
import { decide } from '../ledger/index.ts';
import { attemptId } from '../rules/index.ts';
import { type CallerId, pickCallerId } from './caller-id.ts';
import {
  type DueContact,
  type Group,
  type OpenGroups,
  openGroups,
  type Postponed,
  putBack,
  takeDue,
} from './due-contacts.ts';
import { rulesOf } from './rules-of.ts';

const minuteMs = 60_000;
/** Nobody can say when (an old registry): asked again then. */
const askAgainMs = 60 * minuteMs;
/** Somebody whom another campaign is calling right now. */
const onThePhoneMs = 5 * minuteMs;
/** How often the refused are made up for within one turn. */
const rounds = 4;

export interface Reserved extends Pick<OpenGroups, 'callable' | 'opensAtMs'> {
  /** Calls by trunk that were placed. */
  readonly placed: ReadonlyMap<string, number>;
  readonly considered: number;
}

const nothing: Reserved = { placed: new Map(), considered: 0, callable: 0, opensAtMs: null };

/**
 * Takes the next people of a running campaign, judges each of them, and for those who may be called writes attempt,
 * call and the message that has it dialed, in one transaction: there is no moment at which a crash could lose or double
 * anything. At most `slots` calls by trunk.
 */
export const reserveContacts = operation({
  name: 'campaign.reserve',
  scope: 'system',
  input: z.object({
    campaignId: z.uuid(),
    slots: z.record(z.string(), z.number().int().min(0)),
    /** What is set aside from the budget for each call. */
    costMicros: z.number().int().min(0),
    atMs: z.number(),
  }),
  run: async (ctx, { campaignId, slots, costMicros, atMs }): Promise<Reserved> => {
    const [campaign] = await ctx.db
      .select()
      .from(campaigns)
      .where(and(eq(campaigns.id, campaignId), eq(campaigns.status, 'running')))
      .for('share');
    if (!campaign) return nothing;
    const open = await openGroups(ctx.db, campaign.id, rulesOf(campaign), atMs);
    const placing = new Placing(ctx, campaign, new Map(Object.entries(slots)), costMicros, atMs);
    const considered = await placing.fill(open.groups, await numbersOf(ctx, campaign));
    const { callable, opensAtMs } = open;
    return { callable, opensAtMs, placed: placing.placed, considered };
  },
});

/** The pool of caller IDs whose trunks are set up. */
async function numbersOf(ctx: OperationContext, campaign: Campaign): Promise<CallerId[]> {
  const rows = await ctx.db
    .select({ number: phoneNumbers })
    .from(campaignNumbers)
    .innerJoin(phoneNumbers, eq(phoneNumbers.id, campaignNumbers.phoneNumberId))
    .where(and(eq(campaignNumbers.campaignId, campaign.id), sql`${phoneNumbers.outboundTrunkId} is not null`))
    .orderBy(asc(phoneNumbers.e164));
  return rows.map(({ number }) => ({ id: number.id, e164: number.e164, trunk: trunkKey(number) }));
}

/** One turn of one campaign. */
class Placing {
  readonly placed = new Map<string, number>();
  readonly #ctx: OperationContext;
  readonly #campaign: Campaign;
  readonly #room: Map<string, number>;
  readonly #costMicros: number;
  readonly #atMs: number;
  readonly #used = new Map<string, number>();

  constructor(
    ctx: OperationContext,
    campaign: Campaign,
    room: Map<string, number>,
    costMicros: number,
    atMs: number,
  ) {
    this.#ctx = ctx;
    this.#campaign = campaign;
    this.#room = room;
    this.#costMicros = costMicros;
    this.#atMs = atMs;
  }

  /** Returns how many people were looked at. */
  async fill(groups: readonly Group[], pool: readonly CallerId[]): Promise<number> {
    let considered = 0;
    for (let round = 0; round < rounds; round++) {
      const most = [...this.#room.values()].reduce((sum, free) => sum + free, 0);
      if (most === 0) break;
      const due = await takeDue(this.#ctx.db, {
        ...{ campaignId: this.#campaign.id, groups, most, nowMs: this.#atMs },
      });
      if (due.length === 0) break;
      considered += due.length;
      const allowed = await this.#judge(await this.#notOnThePhone(due));
      await this.#place(allowed, pool);
      if (due.length < most) break;
    }
    return considered;
  }

  /** One call to a number at a time, whichever campaign makes it. */
  async #notOnThePhone(due: readonly DueContact[]): Promise<DueContact[]> {
    const open = await this.#ctx.db
      .select({ phone: attempts.phone })
      .from(attempts)
      .where(
        and(
          eq(attempts.workspaceId, this.#campaign.workspaceId),
          // In these words, or a prepared statement does not know that the index of open attempts holds them all.
          sql`${attempts.state} in ('reserved', 'dialing')`,
          anyOf(
            attempts.phone,
            due.map(({ phone }) => phone),
          ),
        ),
      );
    const busy = new Set(open.map(({ phone }) => phone));
    const free: DueContact[] = [];
    const later: Postponed[] = [];
    for (const contact of due) {
      if (busy.has(contact.phone))
        later.push({ id: contact.id, nextAtMs: this.#atMs + onThePhoneMs, reason: '' });
      else free.push(contact);
      busy.add(contact.phone);
    }
    await putBack(this.#ctx.db, later);
    return free;
  }

  async #judge(due: readonly DueContact[]): Promise<DueContact[]> {
    const { id, workspaceId, version } = this.#campaign;
    const campaign = { id, workspaceId, version, rules: rulesOf(this.#campaign) };
    const decided = await decide(this.#ctx.db, {
      ...{ campaign, stage: 'queue', atMs: this.#atMs },
      contacts: due.map((contact) => ({
        ...contact,
        attemptId: attemptId(contact.id, contact.attempts + 1),
      })),
    });
    const refused = decided.filter(({ judgement }) => !judgement.allowed);
    await putBack(
      this.#ctx.db,
      refused.map(({ contactId, judgement: { final, nextLegalAtMs, reason } }) => ({
        ...{ id: contactId, reason },
        nextAtMs: final ? null : (nextLegalAtMs ?? this.#atMs + askAgainMs),
      })),
    );
    const out = new Set(refused.map(({ contactId }) => contactId));
    return due.filter((contact) => !out.has(contact.id));
  }

  async #place(allowed: readonly DueContact[], pool: readonly CallerId[]): Promise<void> {
    const { id: campaignId, workspaceId, agentId, localPresence } = this.#campaign;
    const [agent] = await this.#ctx.db.select().from(agents).where(eq(agents.id, agentId));
    if (!agent || allowed.length === 0) return;
    const placed = allowed.flatMap((contact) => {
      const free = pool.filter(({ trunk }) => (this.#room.get(trunk) ?? 0) > 0);
      const from = pickCallerId(free, { phone: contact.phone, localPresence, used: this.#used });
      if (!from) return [];
      this.#used.set(from.id, (this.#used.get(from.id) ?? 0) + 1);
      this.#room.set(from.trunk, (this.#room.get(from.trunk) ?? 0) - 1);
      this.placed.set(from.trunk, (this.placed.get(from.trunk) ?? 0) + 1);
      return [{ contact, from, id: attemptId(contact.id, contact.attempts + 1) }];
    });
    const taken = new Set(placed.map(({ contact }) => contact.id));
    const left = allowed.filter(({ id }) => !taken.has(id));
    // No number is left to call them from, in this turn; or in none, for whoever has the campaign's only one.
    const isTheirs = (phone: string) => pool.length > 0 && pool.every(({ e164 }) => e164 === phone);
    await putBack(
      this.#ctx.db,
      left.map(({ id, phone }) =>
        isTheirs(phone)
          ? { id, nextAtMs: null, reason: 'own_number' }
          : { id, nextAtMs: this.#atMs + minuteMs, reason: '' },
      ),
    );
    if (placed.length === 0) return;
    const at = new Date(this.#atMs);
    await insertMany(
      this.#ctx.db,
      attempts,
      placed.map(({ contact, from, id }) => ({
        ...{ id, workspaceId, campaignId, contactId: contact.id, number: contact.attempts + 1 },
        ...{ phone: contact.phone, phoneNumberId: from.id, fromNumber: from.e164, trunk: from.trunk },
        ...{ costMicros: this.#costMicros, createdAt: at, updatedAt: at },
      })),
    );
    await queueCalls(
      this.#ctx,
      placed.map(({ contact, from, id }) => ({
        ...{ id, workspaceId, agentId, agentVersionId: versionFor(agent, id), campaignId },
        ...{ phoneNumberId: from.id, fromNumber: from.e164, toNumber: contact.phone },
        ...{ threadId: contact.phone, variables: contact.variables },
      })),
    );
    const ids = placed.map(({ contact }) => contact.id);
    await this.#ctx.db.execute(sql`
      update contacts set state = 'reserved', reserved_at = ${at.toISOString()}, attempts = attempts + 1
      where id = any(${sql.param(ids)}::uuid[])`);
  }
}
