import { sql } from 'drizzle-orm';
import type { Database } from '../../db/client.ts';
import type { OperationContext } from '../context.ts';

const nearest = 50;
/** What this process keeps of vectors, over all agents. Beyond it the agents asked longest ago go. */
const keptBytes = 256 * 1024 * 1024;

/** The passages whose vectors are nearest to the question's, best first. All vectors have length 1. */
export async function searchVectors(
  { db }: Pick<OperationContext, 'db'>,
  agentId: string,
  { model, vector }: { model: string; vector: readonly number[] },
): Promise<readonly number[]> {
  return (await hasPgvector(db))
    ? searchInDatabase(db, agentId, model, vector)
    : searchHere(await vectorsOf(db, agentId, model, vector.length), vector);
}

type Db = OperationContext['db'];
const pgvector = new WeakMap<object, Promise<boolean>>();

/** Asked once for each database; an extension that is installed later is seen by the next process. */
function hasPgvector(db: Db): Promise<boolean> {
  const known = pgvector.get(db);
  if (known) return known;
  const asked = (db as Database)
    .execute<{ there: boolean }>(sql`select to_regtype('vector') is not null as there`)
    .then(({ rows }) => rows[0]?.there ?? false);
  pgvector.set(db, asked);
  asked.catch(() => pgvector.delete(db));
  return asked;
}

async function searchInDatabase(
  db: Db,
  agentId: string,
  model: string,
  vector: readonly number[],
): Promise<readonly number[]> {
  const { rows } = await db.execute<{ id: string }>(sql`
    select id from knowledge_chunks
    where agent_id = ${agentId} and array_length(embedding, 1) = ${vector.length}
      and file_id in (select id from knowledge_files where agent_id = ${agentId} and embedding_model = ${model})
    order by embedding::vector <#> ${`{${vector.join(',')}}`}::real[]::vector limit ${nearest}`);
  return rows.map(({ id }) => Number(id));
}

/** The vectors of an agent, one after the other. */
interface Vectors {
  readonly ids: readonly number[];
  readonly dimensions: number;
  readonly values: Float32Array;
}

/** Every vector is compared: exact, and a few milliseconds for thousands. */
function searchHere({ ids, dimensions, values }: Vectors, vector: readonly number[]): readonly number[] {
  const asked = Float32Array.from(vector);
  return ids
    .map((id, index) => {
      let product = 0;
      const start = index * dimensions;
      // `as`: a default for each of millions of numbers would take as long as the multiplication.
      for (let at = 0; at < dimensions; at++)
        product += (values[start + at] as number) * (asked[at] as number);
      return { id, product };
    })
    .sort((a, b) => b.product - a.product)
    .slice(0, nearest)
    .map(({ id }) => id);
}

interface Kept {
  /** Changes with every file that is indexed, replaced or deleted. */
  readonly fingerprint: string;
  readonly vectors: Promise<Vectors>;
  bytes: number;
}

const kept = new Map<string, Kept>();

/** Read from the database when something has changed since the last time, else from memory. */
async function vectorsOf(db: Db, agentId: string, model: string, dimensions: number): Promise<Vectors> {
  const { rows } = await db.execute<{ fingerprint: string | null }>(sql`
    select md5(string_agg(id || ':' || revision || ':' || coalesce(indexed_at::text, ''), ',' order by id)) as fingerprint
    from knowledge_files where agent_id = ${agentId} and embedding_model = ${model}`);
  const fingerprint = `${model}:${dimensions}:${rows[0]?.fingerprint ?? ''}`;
  const known = kept.get(agentId);
  kept.delete(agentId);
  const entry: Kept =
    known?.fingerprint === fingerprint
      ? known
      : { fingerprint, vectors: readVectors(db, agentId, model, dimensions), bytes: 0 };
  // Last in the map: the first ones are those that were asked for longest ago.
  kept.set(agentId, entry);
  try {
    const vectors = await entry.vectors;
    entry.bytes = vectors.values.byteLength;
    makeRoom(agentId);
    return vectors;
  } catch (error) {
    if (kept.get(agentId) === entry) kept.delete(agentId);
    throw error;
  }
}

function makeRoom(except: string): void {
  let bytes = [...kept.values()].reduce((sum, entry) => sum + entry.bytes, 0);
  for (const [agentId, entry] of kept) {
    if (bytes <= keptBytes) return;
    if (agentId === except) continue;
    kept.delete(agentId);
    bytes -= entry.bytes;
  }
}

async function readVectors(db: Db, agentId: string, model: string, dimensions: number): Promise<Vectors> {
  const { rows } = await db.execute<{ id: string; sent: Buffer }>(sql`
    select id, array_send(embedding) as sent from knowledge_chunks
    where agent_id = ${agentId} and array_length(embedding, 1) = ${dimensions}
      and file_id in (select id from knowledge_files where agent_id = ${agentId} and embedding_model = ${model})`);
  const values = new Float32Array(rows.length * dimensions);
  // PostgreSQL's binary form: a header of 20 bytes, then each number with its length before it (array_send).
  for (const [row, { sent }] of rows.entries())
    for (let at = 0; at < dimensions; at++) values[row * dimensions + at] = sent.readFloatBE(24 + at * 8);
  return { ids: rows.map(({ id }) => Number(id)), dimensions, values };
}
