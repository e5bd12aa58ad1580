import { sql } from 'drizzle-orm';
import type { OperationContext } from '../context.ts';
import { spaced } from './search-config.ts';

/** Rankings of passages for one question, best first, by how they were found. */
export interface WordRankings {
  /** Passages with every word of the question, or with its quoted phrases; then by how close the words are. */
  readonly strict: readonly number[];
  /** Passages with some of the words; a rare word counts more than a common one. */
  readonly loose: readonly number[];
  /** Passages with words that look like those of the question that no passage has. */
  readonly similar: readonly number[];
}

/** Passages that one word is looked up in at most; beside rarer words one with more says nothing about any of them. */
const commonFrom = 1_000;
const similarPassages = 300;
const candidates = 60;
/** pg_trgm's similarity below which two words are two words. */
const minSimilarity = 0.38;
/** How alike words of the same letters in another order are. */
const swappedLikeness = 0.75;

type Row = {
  readonly id: string;
  readonly exact: number;
  readonly guessed: number;
  readonly strict: boolean;
  readonly closeness: number;
};

/**
 * Full-text search that forgives like a listener: all words first, some words too, misspelt ones by their trigrams.
 * Its cost depends on how often the words of the question occur, not on how much there is.
 */
export async function searchWords(
  { db }: Pick<OperationContext, 'db'>,
  agentId: string,
  question: string,
): Promise<WordRankings> {
  const text = spaced(question);
  const { rows } = await db.execute<Row>(sql`
    with configs as materialized (
      select distinct search_config::regconfig as config from knowledge_files
      where agent_id = ${agentId} and passage_count > 0
    ), total as materialized (
      select sum(passage_count)::float8 as passages from knowledge_files where agent_id = ${agentId}
    ), words as materialized (
      select lexeme as word from unnest(to_tsvector('simple', ${text})) order by positions[1] limit 32
    ), forms as materialized (
      -- A word that the language leaves out (the, is, you) has no form and is not looked for.
      select distinct word, form from words, configs, lateral (
        select unnest(tsvector_to_array(to_tsvector(config, word))) as form
        union select word where numnode(plainto_tsquery(config, word)) > 0) as of_word
    ), hits as materialized (
      select word, form, found.id from forms, lateral (
        select id from knowledge_chunks
        where agent_id = ${agentId} and lexemes @@ ${asQuery('form')} limit ${commonFrom}) as found
    ), weights as materialized (
      select form, count(*) >= ${commonFrom} as common,
        ln(1 + (greatest(passages, count(*)) - count(*) + 0.5) / (count(*) + 0.5)) as weight
      from hits, total group by form, passages
    ), strangers as materialized (
      select distinct word from forms
      where char_length(word) between 4 and 40 and word ~ '^[[:alpha:]]+$'
        and word not in (select word from hits)
    ), guesses as materialized (
      select strangers.word, alike.guess, alike.likeness from strangers, lateral (
        select guess, max(likeness) as likeness from (
          select word as guess, similarity(word, strangers.word) as likeness from knowledge_words
          where agent_id = ${agentId} and word % strangers.word
            and similarity(word, strangers.word) >= ${minSimilarity}
          union all
          -- Swapped letters spoil too many trigrams of a short word.
          select word, ${swappedLikeness} from knowledge_words
          where agent_id = ${agentId} and word like left(strangers.word, 1) || '%'
            and char_length(word) = char_length(strangers.word)
            and ${lettersOf('word')} = ${lettersOf('strangers.word')}
        ) as candidates group by guess order by likeness desc limit 4) as alike
    ), similar_hits as materialized (
      select guesses.word, found.id, likeness from guesses, lateral (
        select id from knowledge_chunks
        where agent_id = ${agentId} and lexemes @@ ${asQuery('guess')} limit ${similarPassages}) as found
    ), scored as (
      select id, sum(exact) as exact, sum(guessed) as guessed from (
        select id, weight as exact, 0 as guessed from hits join weights using (form)
        where not common or not exists (select from weights where not common)
        union all
        select id, 0, max(likeness) * ln(1 + passages) from similar_hits, total group by id, word, passages
      ) as scores group by id
      order by sum(exact) + sum(guessed) desc, id limit ${candidates}
    ), asked as materialized (
      select websearch_to_tsquery(config, ${text}) || websearch_to_tsquery('simple', ${text}) as every_word,
        (select string_agg(${asQuoted('form')}, '|')::tsquery from forms) as any_word
      from configs limit 1
    )
    select scored.id, exact, guessed,
      lexemes @@ every_word as strict,
      coalesce(ts_rank_cd(lexemes, any_word, 4), 0) as closeness
    from scored join knowledge_chunks using (id), asked`);
  const by = (value: (row: Row) => number) =>
    rows
      .filter((row) => value(row) > 0)
      .sort((a, b) => value(b) - value(a) || b.closeness - a.closeness)
      .map(({ id }) => Number(id));
  return {
    strict: by((row) => (row.strict ? 1 + row.closeness : 0)),
    loose: by((row) => row.exact),
    // Of two passages with the misheard word the one with more of the others.
    similar: by((row) => (row.guessed > 0 ? row.exact + row.guessed : 0)),
  };
}

/** The letters of a word, sorted. */
const lettersOf = (word: string) =>
  sql.raw(`(select string_agg(letter, '' order by letter) from string_to_table(${word}, null) letter)`);

/** A lexeme as the text of a tsquery, whatever characters are in it. */
const asQuoted = (column: string) =>
  sql.raw(`('''' || replace(replace(${column}, '\\', '\\\\'), '''', '''''') || '''')`);
const asQuery = (column: string) => sql`${asQuoted(column)}::tsquery`;
