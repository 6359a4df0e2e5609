import type { Context } from '../../context';
import type { DraftContent } from './draft.model';
import { type Finding, findProblems, ownPictureId, type PreflightTier } from './preflight';
import { type ContentParts, contentParts } from './preflight-content';

/** More tiers than a campaign can have. */
const TIERS = 500;

/** What should be looked at before a draft is called ready: what its text says, and what the database knows about it. */
export async function preflight(
  { knex, clock, config }: Context,
  draft: DraftContent & { campaign_id: number },
): Promise<Finding[]> {
  const parts = contentParts(draft.content);
  const [tiers, pictures] = await Promise.all([
    knex<PreflightTier & { campaign_id: number }>('patreon_tiers')
      .select('patreon_id', 'title', 'amount_cents', 'published', 'gone_at')
      .where({ campaign_id: draft.campaign_id })
      .orderByRaw('patreon_id = any(?::text[]) desc, gone_at is null desc, id', [draft.tiers])
      .limit(TIERS),
    knownPictures(knex, draft, parts),
  ]);
  return findProblems(draft, parts, {
    now: clock.now(),
    panelHost: new URL(config.http.publicUrl).host,
    tiers,
    pictures,
  });
}

async function knownPictures(
  knex: Context['knex'],
  draft: DraftContent & { campaign_id: number },
  { pictures }: ContentParts,
): Promise<Map<number, string>> {
  const inText = pictures.map(({ address }) => ownPictureId(address));
  const wanted = [draft.cover_id, ...inText].filter((id) => id != null);
  if (wanted.length === 0) return new Map();
  const known = await knex<{ id: number; file_name: string; campaign_id: number }>('post_pictures')
    .select('id', 'file_name')
    .where({ campaign_id: draft.campaign_id })
    .whereRaw('id = any(?::bigint[])', [wanted]);
  return new Map(known.map(({ id, file_name }) => [Number(id), file_name]));
}
