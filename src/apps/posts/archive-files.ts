import type { Knex } from 'knex';
import type { Translate } from '../../i18n';
import { resolveSiteUrl } from '../../patreon/site-url';
import { campaignName, PatreonCampaign } from '../campaigns/campaign.model';
import { PostDraftVersion } from './draft-version.model';
import { handOffPictures } from './handoff-pictures';
import { type PatreonPost, postAudience } from './post.model';
import { tiersNamedBy } from './post-list';
import { frontMatter, markdownOf, plainName } from './post-markdown';
import { PostPicture } from './post-picture.model';

export interface ArchiveFile {
  /** With its folders. */
  name: string;
  bytes: Buffer;
  isPicture: boolean;
}

/** Texts in the reader's language. */
export interface ArchiveWords {
  t: Translate;
  now: Date;
}

/** Makes the files of an archive, batch by batch, and counts them. */
export class ArchiveFiles {
  /** There are few of them. */
  private readonly folders = new Map<number, string>();
  private posts = 0;
  private pictures = 0;
  private plain = 0;

  constructor(
    private readonly trx: Knex.Transaction,
    private readonly words: ArchiveWords,
  ) {}

  /** One file for each post, and after it the pictures of ours in what was handed off. */
  async *of(posts: readonly PatreonPost[]): AsyncGenerator<ArchiveFile> {
    await this.learnFolders(posts);
    const drafts = await this.draftsOf(posts);
    const tierOf = await tiersNamedBy(posts, { knex: this.trx });
    for (const post of posts) {
      const draft = drafts.get(post.id);
      const base = `${this.folders.get(post.campaign_id)}/${fileName(post)}`;
      const titles = (post.tiers ?? []).map((id) => tierOf(post, id)?.title ?? id);
      yield { name: `${base}.md`, bytes: Buffer.from(this.text(post, titles, draft)), isPicture: false };
      this.posts += 1;
      if (draft) yield* this.picturesOf(base, post.campaign_id, draft);
    }
  }

  /** What the archive holds, and what it does not. */
  readMe(): ArchiveFile {
    const { t, now } = this.words;
    const lines = [
      t('archive:readMe.title'),
      '',
      t('archive:readMe.made', { at: now.toISOString() }),
      t('archive:readMe.posts', { posts: String(this.posts), pictures: String(this.pictures) }),
      t('archive:readMe.pictures'),
      ...(this.plain > 0 ? [t('archive:readMe.plain', { plain: String(this.plain) })] : []),
    ];
    return { name: 'README.txt', bytes: Buffer.from(`${lines.join('\n')}\n`), isPicture: false };
  }

  private text(post: PatreonPost, tiers: readonly string[], draft: PostDraftVersion | undefined): string {
    const { text, isPlain } = markdownOf(post.content);
    if (isPlain) this.plain += 1;
    const head = frontMatter({
      title: post.title ?? '',
      date: post.published_at,
      url: resolveSiteUrl(post.url),
      audience: postAudience(post),
      tiers,
      paid: post.is_paid,
      tags: draft?.tags ?? [],
      embed: resolveSiteUrl(post.embed_url),
      gone: post.gone_at,
      patreon_id: post.patreon_id,
    });
    return `${head}\n${text}\n`;
  }

  private async *picturesOf(base: string, campaignId: number, draft: PostDraftVersion): AsyncGenerator<ArchiveFile> {
    for (const { id, fileName: name } of await handOffPictures(campaignId, draft, this.trx)) {
      const picture = await PostPicture.findById(id, this.trx);
      if (!picture) continue;
      this.pictures += 1;
      yield { name: `${base}/${name}`, bytes: picture.bytes, isPicture: true };
    }
  }

  private async learnFolders(posts: readonly PatreonPost[]): Promise<void> {
    const unknown = posts.map(({ campaign_id }) => campaign_id).filter((id) => !this.folders.has(id));
    if (unknown.length === 0) return;
    for (const campaign of await PatreonCampaign.listByIds(unknown, this.trx))
      this.folders.set(campaign.id, `${plainName(campaignName(campaign), 40) || 'campaign'}-${campaign.id}`);
  }

  /** What was handed off: a revision that is being written is no post yet. */
  private async draftsOf(posts: readonly PatreonPost[]): Promise<Map<number, PostDraftVersion>> {
    const versions: (PostDraftVersion & { post_id: number })[] = await PostDraftVersion.query(this.trx)
      .alias('v')
      .joinRaw('join post_drafts d on d.id = v.draft_id and d.handed_off_version = v.version')
      .whereRaw('d.post_id = any(?::bigint[])', [posts.map(({ id }) => id)])
      .whereNull('d.deleted_at')
      .select('v.content', 'v.cover_id', 'v.tags', 'd.post_id')
      .castTo<(PostDraftVersion & { post_id: number })[]>();
    return new Map(versions.map((version) => [version.post_id, version]));
  }
}

/** Ends with Patreon's id, so that no two are the same and none is a name that a system keeps for itself. */
function fileName({ published_at, title, patreon_id }: PatreonPost): string {
  return [published_at?.slice(0, 10), plainName(title ?? ''), plainName(patreon_id)].filter(Boolean).join('-');
}
