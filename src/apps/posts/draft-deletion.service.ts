import type { Knex } from 'knex';
import type { Context } from '../../context';
import { NotFoundError } from '../../errors';
import { type Actor, recordAudit } from '../accounts/audit.service';
import { PostDraft } from './draft.model';
import { LATER_SQL, NAMED_SQL, NUMBERED_SQL } from './draft-history';

const DAY_MS = 24 * 3_600_000;
/** Until then a deleted draft can be brought back. */
export const KEPT_DAYS = 30;
const MOST_PICTURES = 200;

/** Takes a draft out of sight; it can be brought back while it is kept. @throws NotFoundError */
export async function deleteDraft({ knex, clock }: Context, draftId: number, actor: Actor): Promise<void> {
  await knex.transaction(async (trx) => {
    const draft = await PostDraft.lockLive(draftId, trx);
    if (!draft) throw new NotFoundError();
    await draft.$query(trx).patch({ deleted_by: actor.staffId ?? null, deleted_at: clock.now().toISOString() });
    await recordAudit(trx, { ...actor, action: 'draft.deleted', subject: { type: 'post', id: draftId } });
  });
}

/**
 * Brings a deleted draft back; asking twice changes nothing. If another draft has been linked to its post meanwhile, it
 * comes back without the link. @throws NotFoundError once it is removed
 */
export async function restoreDraft({ knex }: Context, draftId: number, actor: Actor): Promise<PostDraft> {
  return knex.transaction(async (trx) => {
    const draft = await PostDraft.query(trx).findById(draftId).forUpdate();
    if (!draft) throw new NotFoundError();
    if (draft.deleted_at === null) return draft;
    const other =
      draft.post_id === null
        ? undefined
        : await PostDraft.query(trx).findOne({ post_id: draft.post_id }).whereNull('deleted_at');
    await draft.$query(trx).patch({ deleted_at: null, deleted_by: null, ...(other && { post_id: null }) });
    await recordAudit(trx, { ...actor, action: 'draft.restored', subject: { type: 'post', id: draftId } });
    return draft;
  });
}

/** So many drafts at once, so that no lock is held and no transaction is open for long. */
const PART = 50;

/**
 * Removes what was kept long enough: deleted drafts, pictures that nothing shows any more, and texts between two saves. Goes
 * by small parts, each done for good; what a stop leaves is for the next time.
 */
export async function purgeDrafts(
  { knex, clock }: Context,
  signal?: AbortSignal,
): Promise<{ drafts: number; pictures: number; versions: number }> {
  const now = clock.now().getTime();
  const kept = new Date(now - KEPT_DAYS * DAY_MS).toISOString();
  const removed = { drafts: 0, pictures: 0, versions: 0 };
  for (let last = PART; last === PART && !signal?.aborted; removed.drafts += last) {
    const old = knex('post_drafts').select('id').where('deleted_at', '<', kept).orderBy('deleted_at').limit(PART);
    // Once more, because somebody may bring one back in between.
    last = await knex('post_drafts').whereIn('id', old).where('deleted_at', '<', kept).delete();
  }
  if (!signal?.aborted) removed.pictures = (await knex.raw(ORPHANED_PICTURES, { kept, limit: MOST_PICTURES })).rowCount;
  const days = { from: new Date(now - 14 * DAY_MS).toISOString(), until: new Date(now - DAY_MS).toISOString() };
  for (let after: number | null = 0; after !== null && !signal?.aborted; ) {
    const ids: number[] = await nextRecent(knex, days, after);
    if (ids.length > 0) removed.versions += (await knex.raw(SUPERSEDED_VERSIONS, { ids, until: days.until })).rowCount;
    after = ids.at(-1) ?? null;
  }
  return removed;
}

/** Drafts that saved themselves in these days, by id. */
async function nextRecent(knex: Knex, { from, until }: { from: string; until: string }, after: number) {
  const { rows } = await knex.raw<{ rows: { draft_id: number }[] }>(
    `select distinct draft_id from post_draft_versions
      where kind = 'autosaved' and not is_aside and saved_at >= :from and saved_at < :until and draft_id > :after
      order by draft_id limit :limit`,
    { from, until, after, limit: PART },
  );
  return rows.map(({ draft_id }) => draft_id);
}

const SHOWN_IN = (content: string) => `position('/patreon/posts/pictures/' || p.id || '/' in ${content}) > 0`;

/** Their draft is gone, and no other text shows them. */
const ORPHANED_PICTURES = `
  delete from post_pictures where id in (
    select p.id from post_pictures p
     where p.draft_id is null and p.created_at < :kept
       and not exists (select from post_draft_versions v join post_drafts d on d.id = v.draft_id
                        where d.campaign_id = p.campaign_id and (v.cover_id = p.id or ${SHOWN_IN('v.content')}))
       and not exists (select from post_draft_comments c join post_drafts d on d.id = c.draft_id
                        where d.campaign_id = p.campaign_id and ${SHOWN_IN('c.body')})
       and not exists (select from campaign_settings s where s.campaign_id = p.campaign_id and ${SHOWN_IN('s.notes')})
       and not exists (select from post_templates t where ${SHOWN_IN('t.content')})
       and not exists (select from post_snippets s where ${SHOWN_IN('s.content')})
     order by p.id limit :limit
  )`;

/** What the history does not list. */
const SUPERSEDED_VERSIONS = `
  with numbered as (
    ${NUMBERED_SQL} where draft_id = any(:ids::bigint[]) ${LATER_SQL}
  )
  delete from post_draft_versions v using numbered n
   where n.draft_id = v.draft_id and n.version = v.version and n.followed and v.saved_at < :until
     and not ${NAMED_SQL}`;
