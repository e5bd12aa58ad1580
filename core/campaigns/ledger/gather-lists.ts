import { sql } from 'drizzle-orm';
import type { Database, Transaction } from '../../../db/client.ts';
import type { ListName, RegistryFacts } from '../rules/index.ts';

export type Db = Database | Transaction;

export interface ListFacts {
  /** E.164 → the list it is on; the widest when there are several. */
  readonly listed: ReadonlyMap<string, ListName>;
  /** All that the workspace keeps. */
  readonly registries: readonly RegistryFacts[];
  /** The highest entry of do_not_call that this can have seen. */
  readonly listVersion: number;
}

/** Which of these numbers are on a do-not-call list of the campaign, its workspace or a registry. */
export async function gatherLists(
  db: Db,
  campaign: { readonly id: string; readonly workspaceId: string },
  phones: readonly string[],
): Promise<ListFacts> {
  const registries = await registriesOf(db, campaign.workspaceId, phones);
  const { version, entries } = await entriesOf(db, campaign, phones);
  const registered = registries.flatMap(({ listed }) => listed.map((phone) => [phone, 'registry'] as const));
  return {
    listed: new Map<string, ListName>([...registered, ...entries]),
    registries: registries.map(({ facts }) => facts),
    listVersion: version,
  };
}

/** For lists of the workspace alone. */
export const noCampaign = '00000000-0000-0000-0000-000000000000';

/** Whether a number is on the do-not-call list of the whole workspace. */
export async function mustNotCall(db: Db, workspaceId: string, phone: string): Promise<boolean> {
  const { entries } = await entriesOf(db, { id: noCampaign, workspaceId }, [phone]);
  return entries.length > 0;
}

async function entriesOf(
  db: Db,
  { id, workspaceId }: { readonly id: string; readonly workspaceId: string },
  phones: readonly string[],
): Promise<{ version: number; entries: (readonly [string, ListName])[] }> {
  const { rows } = await db.execute<{
    version: string | null;
    phone: string | null;
    own: boolean | null;
  }>(sql`
    select (select max(id) from do_not_call) as version, listed.phone, listed.own
    from (select 1) as one left join lateral (
      select phone, bool_and(campaign_id is not null) as own from do_not_call
      where workspace_id = ${workspaceId} and phone = any(${sql.param(phones)}::text[]) and lifted_at is null
        and (campaign_id is null or campaign_id = ${id})
      group by phone) as listed on true`);
  const entries = rows.flatMap(({ phone, own }) =>
    phone === null ? [] : [[phone, own ? 'campaign' : 'workspace'] as const],
  );
  return { version: Number(rows[0]?.version ?? 0), entries };
}

/** The registries of a workspace, without a look at their numbers. */
export const readRegistries = async (db: Db, workspaceId: string): Promise<RegistryFacts[]> =>
  (await registriesOf(db, workspaceId, [])).map(({ facts }) => facts);

async function registriesOf(
  db: Db,
  workspaceId: string,
  phones: readonly string[],
): Promise<{ facts: RegistryFacts; listed: readonly string[] }[]> {
  const digits = phones.map((phone) => phone.slice(1));
  const { rows } = await db.execute<{
    id: string;
    country: string;
    version: number;
    fetched_at_ms: string | null;
    max_age_ms: string;
    listed: string[] | null;
  }>(sql`
    select r.id, r.country, r.version, r.max_age_ms,
      (extract(epoch from r.fetched_at) * 1000)::bigint as fetched_at_ms,
      (select array_agg('+' || n.phone) from call_registry_numbers n
       where n.registry_id = r.id and n.version = r.version and n.phone = any(${sql.param(digits)}::bigint[])) as listed
    from call_registries r where r.workspace_id = ${workspaceId}`);
  return rows.map((row) => ({
    facts: {
      ...{ id: row.id, country: row.country, version: row.version },
      fetchedAtMs: row.fetched_at_ms === null ? null : Number(row.fetched_at_ms),
      maxAgeMs: Number(row.max_age_ms),
    },
    listed: row.listed ?? [],
  }));
}
