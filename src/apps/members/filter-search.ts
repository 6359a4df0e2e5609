import type { QueryBuilder } from 'objection';
import type { PatreonMember } from './member.model';

/** A name as lists sort it, in the words of its index. */
export const NAME = `nullif(full_name, '') collate "und-x-icu"`;

/** Sorts after every other character in ICU's root collation. */
const LAST_CHARACTER = '\uffff';

/** From this length on a text is found anywhere; shorter ones only begin names, in the order that the name index has. */
const MIN_SUBSTRING_LENGTH = 3;

/** In the words of the index that finds them; what is looked for in e-mails finds the names as well. */
const NAME_AND_EMAIL = `unaccented(coalesce(full_name, '') || chr(10) || coalesce(email, ''))`;
const NAME_ALONE = `unaccented(coalesce(full_name, ''))`;

/** A text anywhere, whatever its case and accents; its own `%`, `_` and `\\` are no wildcards. */
const CONTAINS = `like '%' || regexp_replace(unaccented(?), '([%_\\\\])', '\\\\\\1', 'g') || '%'`;

interface Searching {
  searchesEmail: boolean;
  identified?: readonly number[];
}

type MemberQuery = QueryBuilder<PatreonMember, PatreonMember[]>;

/** Whether a text to search for is so short, or says so little, that it only begins names. */
export function isNameStart(q: string | undefined): boolean {
  return q !== undefined && q !== '' && ([...q].length < MIN_SUBSTRING_LENGTH || !hasTrigram(q));
}

/**
 * Whether pg_trgm finds anything to look for in `%q%`: it knows letters and digits, and where words begin and end, but
 * not what stands before the first of them. Without a trigram every row would have to be read.
 */
function hasTrigram(q: string): boolean {
  const [head = ''] = /^[\p{L}\p{N}]*/u.exec(q) ?? [];
  const rest = q.slice(head.length);
  const length = [...head].length;
  return length >= 3 || (length === 2 && rest !== '') || /[\p{L}\p{N}]/u.test(rest);
}

/** Adds what a text is looked for in. */
export function whereFound(query: MemberQuery, q: string, { searchesEmail, identified = [] }: Searching): void {
  if (isNameStart(q)) {
    // A range of the collation instead of LIKE: the same index finds and sorts, and accents and case do not matter.
    query.whereRaw(`${NAME} >= ? and ${NAME} < ?`, [q.toLowerCase(), q.toLowerCase() + LAST_CHARACTER]);
    return;
  }
  query.where((either) => {
    either.where((one) => {
      one.whereRaw(`${NAME_AND_EMAIL} ${CONTAINS}`, [q]);
      // The index knows both together: who may not search e-mails is shown those alone whose name has it.
      if (!searchesEmail) one.whereRaw(`${NAME_ALONE} ${CONTAINS}`, [q]);
    });
    if (identified.length > 0) either.orWhereRaw('id = any(?::bigint[])', [[...identified]]);
  });
}
