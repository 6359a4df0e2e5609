import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    -- Posts on Patreon that may be a draft that was handed off, where staff have to say so.
    create table post_draft_candidates (
      draft_id bigint not null references post_drafts on delete cascade,
      post_id bigint not null references patreon_posts on delete cascade,
      has_same_title boolean not null,
      likeness real check (likeness between 0 and 1),   -- of the texts; null where one of them has no words
      found_at timestamptz not null,
      refused_by integer references staff on delete set null,
      refused_at timestamptz,                -- staff said that it is not; it is never offered again
      primary key (draft_id, post_id)
    );
    create index post_draft_candidates_post_idx on post_draft_candidates (post_id);

    -- Deleting posts looks for the drafts of each; the index that keeps a post to one draft leaves deleted drafts out.
    create index post_drafts_linked_idx on post_drafts (post_id) where post_id is not null;

    -- How far Patreon's copy of a published draft has been compared, and what it is compared with instead of the version
    -- that was handed off, once staff have accepted what Patreon has.
    create table post_draft_comparisons (
      draft_id bigint primary key references post_drafts on delete cascade,
      post_changed_at timestamptz,           -- changed_at of the post that was compared
      accepted_title text,
      accepted_text text,                    -- without markup
      accepted_is_public boolean,
      accepted_tiers text[],
      accepted_by integer references staff on delete set null,
      accepted_at timestamptz
    );
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop index post_drafts_linked_idx; drop table post_draft_comparisons, post_draft_candidates');
}
