import type { Knex } from 'knex';
import { changedFields, type DraftField } from './draft-content';
import { PostDraftVersion } from './draft-version.model';

const PAGE = 30;
/** Texts kept aside stand between a version and the one that it changed: so far beyond the page that one is looked for. */
const BEYOND = 10;

/** Of a run of texts that one person's browser saved by itself within these minutes, the last one stands for all. */
export const COLLAPSED_MINUTES = 10;

/**
 * Versions of a draft, `followed` being whether the next one is another of the same run. SQL of a table `numbered`, with
 * the draft's id as its binding.
 */
export const NUMBERED_SQL = `
  select draft_id, version, kind, is_aside, saved_at,
         kind = 'autosaved' and not is_aside and coalesce(
           lead(kind = 'autosaved' and not is_aside) over later
           and lead(saved_by) over later is not distinct from saved_by
           and date_bin('${COLLAPSED_MINUTES} minutes', lead(saved_at) over later, timestamptz '2000-01-01Z')
             = date_bin('${COLLAPSED_MINUTES} minutes', saved_at, timestamptz '2000-01-01Z'), false) as followed
    from post_draft_versions`;
export const LATER_SQL = 'window later as (partition by draft_id order by version)';

/** Whether a hand-off, a comment, a move or a restored text names the version `n`: it is then listed and kept. */
export const NAMED_SQL = `(
  exists (select from post_drafts d where d.id = n.draft_id and n.version in (d.version, d.handed_off_version))
  or exists (select from post_draft_comments c where c.draft_id = n.draft_id and c.version = n.version)
  or exists (select from post_draft_moves m where m.draft_id = n.draft_id and m.version = n.version)
  or exists (select from post_draft_versions r where r.draft_id = n.draft_id and r.restored_from = n.version))`;

/** A version as the history lists it; texts are digests, to tell whether they changed. */
export interface ListedVersion {
  row: PostDraftVersion;
  /** Since the version before it that was the draft's text; null for the first. */
  changed: DraftField[] | null;
}

export interface HistoryPage {
  versions: ListedVersion[];
  /** The first version that is left for the next page. */
  before: number | null;
}

/** Newest first. `before`: only those older than it. */
export async function listHistory(draftId: number, before: number | undefined, db: Knex): Promise<HistoryPage> {
  const { rows: listed } = await db.raw<{ rows: { version: number }[] }>(
    `with numbered as (${NUMBERED_SQL} where draft_id = :draftId ${LATER_SQL})
     select version from numbered n
      where (not followed or ${NAMED_SQL}) and (:before::int is null or version < :before)
      order by version desc limit :limit`,
    { draftId, before: before ?? null, limit: PAGE + BEYOND },
  );
  const numbers = listed.map(({ version }) => version);
  const shown = numbers.slice(0, PAGE);
  const rows = await digestsOf(draftId, numbers, db);
  const versions = rows
    .filter((row) => shown.includes(row.version))
    .map((row) => ({ row, changed: changedSince(row, rows) }));
  return { versions, before: numbers.length > PAGE ? (shown.at(-1) ?? null) : null };
}

/** What it changed of the text before it, which is the newest of the older ones that was the draft's. */
function changedSince(row: PostDraftVersion, rows: readonly PostDraftVersion[]): DraftField[] | null {
  const earlier = rows.find((other) => other.version < row.version && !other.is_aside);
  return earlier ? changedFields(earlier, row) : null;
}

/** The listed versions and all kept ones between are few; their texts may be long and are not shown. */
async function digestsOf(draftId: number, versions: readonly number[], db: Knex): Promise<PostDraftVersion[]> {
  return PostDraftVersion.query(db)
    .select('draft_id', 'version', 'kind', 'restored_from', 'is_aside', 'saved_by', 'saved_at')
    .select('title', 'is_paid', 'is_public', 'min_cents_pledged_to_view', 'tiers', 'planned_for', 'tags', 'cover_id')
    .select(db.raw('md5(content) as content'), db.raw('md5(notes) as notes'))
    .where({ draft_id: draftId })
    .whereRaw('version = any(?::int[])', [versions])
    .orderBy('version', 'desc');
}
