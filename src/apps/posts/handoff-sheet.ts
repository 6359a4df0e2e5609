import type { Knex } from 'knex';
import { renderMarkdown } from '../../lib/markdown';
import { markdownText } from '../../lib/markdown-text';
import { PatreonTier } from '../campaigns/tier.model';
import type { PostDraft } from './draft.model';
import { PostDraftVersion } from './draft-version.model';
import { handOffPictures } from './handoff-pictures';
import { ownPictureId } from './preflight';

/** The version that is typed on Patreon: the frozen one, or the one that would be frozen now. */
export async function handOffVersion(draft: PostDraft, knex: Knex): Promise<PostDraftVersion | undefined> {
  const version = draft.state === 'ready' ? draft.version : draft.handed_off_version;
  return version === null ? undefined : PostDraftVersion.find(draft.id, version, knex);
}

/** Everything that somebody needs to make the post on Patreon by hand. */
export async function handOffSheet(
  draft: PostDraft,
  version: PostDraftVersion,
  words: { picture: string },
  knex: Knex,
) {
  const [pictures, tiers] = await Promise.all([
    handOffPictures(draft.campaign_id, version, knex),
    PatreonTier.listByPatreonIds([draft.campaign_id], version.tiers, knex),
  ]);
  const numbers = new Map(pictures.map(({ id, number }) => [id, number]));
  return {
    version,
    html: withPlaces(renderMarkdown(version.content, words), numbers, words),
    text: markdownText(version.content),
    pictures,
    cover: pictures.find(({ id }) => id === version.cover_id) ?? null,
    tierNames: version.tiers.map((id) => tiers.find(({ patreon_id }) => patreon_id === id)?.title || id),
  };
}

/** Pictures do not come along when text is pasted: each leaves its number, which its file in the zip has as well. */
function withPlaces(html: string, numbers: ReadonlyMap<number, number>, { picture }: { picture: string }): string {
  return html.replace(/<img src="([^"]*)" alt="([^"]*)"[^>]*>/g, (_whole, address: string, alt: string) => {
    const number = numbers.get(ownPictureId(address) ?? 0);
    const name = number === undefined ? picture : `${picture} ${number}`;
    return `<strong>[${alt ? `${name}: ${alt}` : name}]</strong>`;
  });
}
