import type { Knex } from 'knex';
import { PatreonPostSearch } from './post-search.model';

/** SQL of a tsquery with its bindings. */
export interface PostWords {
  tsquery: string;
  bindings: readonly string[];
}

/** A condition on the words of posts, and how many of them fit it: what else is asked of them is looked for accordingly. */
export interface PostSearch extends PostWords {
  found: { count: number; capped: boolean };
}

/** Scripts that write no spaces: PostgreSQL would take a whole sentence for one word. */
const WITHOUT_SPACES = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u;

/** A phrase, a word to leave out, or an alternative: whoever writes these has finished writing. */
const OPERATORS = /["“”]|(^|\s)-\S|\sor\s/i;
const LAST_WORD = /[\p{L}\p{N}\p{M}]+$/u;

/**
 * What `websearch_to_tsquery` makes of a text in each language that the posts may be written in; while plain words are
 * typed, the last one may be the beginning of a word. Undefined where only the title can be searched.
 */
export async function readPostSearch(
  q: string,
  { campaignId, gone }: { campaignId: number | undefined; gone: boolean },
  db: Knex,
): Promise<PostSearch | undefined> {
  if (WITHOUT_SPACES.test(q)) return undefined;
  const languages = await PatreonPostSearch.languages(campaignId, db);
  const parts = languages.map((language) => inLanguage(`post_${language}`, q));
  const words = {
    tsquery: `(${parts.map(({ tsquery }) => tsquery).join(' || ')})`,
    bindings: parts.flatMap(({ bindings }) => bindings),
  };
  return { ...words, found: await PatreonPostSearch.count(words, { campaignId, gone }, db) };
}

/** `config` is one of ours, never text from a request. */
function inLanguage(config: string, q: string): PostWords {
  const words = `websearch_to_tsquery('${config}', ?)`;
  const [last] = OPERATORS.test(q) ? [] : (LAST_WORD.exec(q) ?? []);
  if (last === undefined) return { tsquery: words, bindings: [q] };
  return {
    tsquery: `(${words} && (${words} || to_tsquery('post_simple', ?)))`,
    bindings: [q.slice(0, -last.length), last, `${last}:*`],
  };
}
