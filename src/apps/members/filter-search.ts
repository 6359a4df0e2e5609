import type { QueryBuilder } from 'objection';
import { containing } from '../../db/like';
import type { PatreonMember } from './member.model';

/** A name as lists sort it, in the words of its index. */
export const NAME = `nullif(full_name, '') collate "und-x-icu"`;

/** Sorts after every other character in ICU's root collation. */
const LAST_CHARACTER = '\uffff';

/** From this length on a text is found anywhere; shorter ones only begin names, in the order that the name index has. */
const MIN_SUBSTRING_LENGTH = 3;

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
  const pattern = containing(q);
  query.where((either) => {
    either.where('full_name', 'ilike', pattern);
    if (searchesEmail) either.orWhere('email', 'ilike', pattern);
    if (identified.length > 0) either.orWhereRaw('id = any(?::bigint[])', [[...identified]]);
  });
}
