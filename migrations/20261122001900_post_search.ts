import type { Knex } from 'knex';

/** Languages whose words PostgreSQL brings to their stems; `simple` takes every word as it is. */
const LANGUAGES = [
  'simple',
  'danish',
  'dutch',
  'english',
  'finnish',
  'french',
  'german',
  'hungarian',
  'italian',
  'norwegian',
  'portuguese',
  'romanian',
  'russian',
  'spanish',
  'swedish',
  'turkish',
] as const;

const LISTED = LANGUAGES.map((language) => `'${language}'`).join(', ');
const stemmer = (language: string) => (language === 'simple' ? 'simple' : `${language}_stem`);

export async function up(knex: Knex): Promise<void> {
  await knex.raw('create extension if not exists unaccent');
  for (const language of LANGUAGES) {
    await knex.raw(`
      create text search configuration post_${language} (copy = ${language});
      alter text search configuration post_${language}
        alter mapping for hword, hword_part, word with unaccent, ${stemmer(language)};
    `);
  }
  await knex.raw(`
    alter table campaign_settings add column search_language text check (search_language in (${LISTED}));

    -- What a post says, for searching. Beside the mirrored row, so that no change row knows of it, and with what a search
    -- sorts by, so that its rows are the only ones to be read. The long columns are kept apart: thousands of rows may match.
    create table patreon_post_search (
      id bigint primary key references patreon_posts on delete cascade,
      campaign_id integer not null,
      published_at timestamptz,
      is_gone boolean not null,
      language text not null check (language in (${LISTED})),
      body text not null,                    -- the content without its markup
      document tsvector not null             -- stems, and every word as it is for what is still being typed
    ) with (toast_tuple_target = 128);
    create index patreon_post_search_document_idx on patreon_post_search using gin (document);
    create index patreon_post_search_published_idx on patreon_post_search (published_at, id) where not is_gone;
    create index patreon_post_search_campaign_idx on patreon_post_search (campaign_id, id);

    -- Tags that end a line become one, all others vanish. Long enough for any post that somebody reads.
    create function patreon_post_body(html text) returns text language sql immutable parallel safe as $$
      select left(btrim(replace(replace(replace(replace(replace(replace(
               regexp_replace(regexp_replace(regexp_replace(left(coalesce(html, ''), 400000),
                 '<(script|style)[^<>]*>[^<]*</(script|style)>', '', 'gi'),
                 '</\\?(p|div|br|li|ul|ol|h[1-6]|blockquote|pre|hr|img|figure|figcaption|table|tr|td|th)(\\s[^<>]*|/)\\?>', E'\\n', 'gi'),
                 '</\\?[a-z!][^<>]*>', '', 'gi'),
               '&nbsp;', ' '), '&lt;', '<'), '&gt;', '>'), '&quot;', '"'), '&#39;', ''''), '&amp;', '&'), E' \\n\\t\\r'), 100000)
    $$;

    -- No text is so odd that a post could not be stored because of it: then its title alone is searched.
    create function patreon_post_document(language text, title text, body text) returns tsvector
      language plpgsql stable parallel safe as $$
    declare
      config constant regconfig := ('post_' || language)::regconfig;
      words tsvector := setweight(to_tsvector(config, coalesce(title, '')), 'A');
    begin
      if language <> 'simple' then words := words || setweight(to_tsvector('post_simple', coalesce(title, '')), 'A'); end if;
      begin
        return words || to_tsvector(config, body)
               || case when language = 'simple' then '' else to_tsvector('post_simple', body) end;
      exception when program_limit_exceeded then
        return words;
      end;
    end $$;

    create function patreon_post_search_apply() returns trigger language plpgsql as $$
    begin
      if tg_op = 'INSERT' then
        insert into patreon_post_search (id, campaign_id, published_at, is_gone, language, body, document)
        select n.id, n.campaign_id, n.published_at, n.gone_at is not null, l.language, b.body,
               patreon_post_document(l.language, n.title, b.body)
          from new_rows n left join campaign_settings s on s.campaign_id = n.campaign_id,
               lateral (select coalesce(s.search_language, 'simple') as language) l,
               lateral (select patreon_post_body(n.content) as body offset 0) b;
        return null;
      end if;
      -- Planned each time: a plan that was made for one row would compare every row of a large statement with every other.
      execute $sql$
        update patreon_post_search p
           set language = l.language, body = b.body, document = patreon_post_document(l.language, n.title, b.body)
          from new_rows n join old_rows o on o.id = n.id
          left join campaign_settings s on s.campaign_id = n.campaign_id,
               lateral (select coalesce(s.search_language, 'simple') as language) l,
               lateral (select patreon_post_body(n.content) as body offset 0) b
         where p.id = n.id and (o.title, o.content) is distinct from (n.title, n.content)
      $sql$;
      update patreon_post_search p set published_at = n.published_at, is_gone = n.gone_at is not null
        from new_rows n
       where p.id = n.id and (p.published_at, p.is_gone) is distinct from (n.published_at, n.gone_at is not null);
      return null;
    end $$;
    create trigger patreon_posts_search_insert after insert on patreon_posts
      referencing new table as new_rows for each statement execute function patreon_post_search_apply();
    create trigger patreon_posts_search_update after update on patreon_posts
      referencing old table as old_rows new table as new_rows
      for each statement execute function patreon_post_search_apply();

    -- The planner takes reading a long document for as cheap as reading a number, and would rather read half the table than
    -- ask the index, which knows all that say something. These two make it ask: how many they are, no further than the cap,
    -- and, where they are few, which. Of all campaigns where none is given.
    create function patreon_posts_found(words tsquery, campaign integer, gone boolean, cap integer) returns bigint
      language sql stable set enable_seqscan = off set enable_indexscan = off as $$
      select count(*) from (
        select from patreon_post_search s
         where s.document @@ words and s.is_gone = gone and (campaign is null or s.campaign_id = campaign) limit cap) found
    $$;
    create function patreon_posts_saying(words tsquery, campaign integer, gone boolean) returns setof patreon_post_search
      language sql stable set enable_seqscan = off set enable_indexscan = off as $$
      select s.* from patreon_post_search s
       where s.document @@ words and s.is_gone = gone and (campaign is null or s.campaign_id = campaign)
    $$;

    insert into patreon_post_search (id, campaign_id, published_at, is_gone, language, body, document)
    select p.id, p.campaign_id, p.published_at, p.gone_at is not null, 'simple', b.body,
           patreon_post_document('simple', p.title, b.body)
      from patreon_posts p, lateral (select patreon_post_body(p.content) as body offset 0) b;

    -- Posts that were deleted here: no sync brings them back.
    create table ignored_posts (
      id bigint generated always as identity primary key,
      campaign_id integer not null references patreon_campaigns on delete cascade,
      patreon_id text not null,
      title text not null,
      ignored_by integer references staff on delete set null,
      ignored_at timestamptz not null default now(),
      unique (campaign_id, patreon_id)
    );
    create index ignored_posts_ignored_idx on ignored_posts (ignored_at, id);

    -- A page of a list is stored without them: they count as unchanged.
    create function patreon_posts_pass_over_ignored() returns trigger language plpgsql as $$
    begin
      if exists (select from ignored_posts i where i.campaign_id = new.campaign_id and i.patreon_id = new.patreon_id) then
        return null;
      end if;
      return new;
    end $$;
    create trigger patreon_posts_pass_over_ignored before insert on patreon_posts
      for each row execute function patreon_posts_pass_over_ignored();

    -- A read that was storing the post while it was deleted looked before it had to wait; this looks afterwards.
    create function patreon_posts_remove_ignored() returns trigger language plpgsql as $$
    begin
      if not exists (select from ignored_posts) then return null; end if;
      delete from patreon_posts p using new_rows n, ignored_posts i
       where p.id = n.id and i.campaign_id = n.campaign_id and i.patreon_id = n.patreon_id;
      return null;
    end $$;
    create trigger patreon_posts_unwanted_insert after insert on patreon_posts
      referencing new table as new_rows for each statement execute function patreon_posts_remove_ignored();

    -- For filters that few posts fit; what most fit is met by walking along an order.
    create index patreon_posts_public_idx on patreon_posts (published_at, id) where gone_at is null and is_public is true;
    create index patreon_posts_some_tiers_idx on patreon_posts (published_at, id)
      where gone_at is null and is_public is not true and cardinality(tiers) > 0;
    create index patreon_posts_members_idx on patreon_posts (published_at, id)
      where gone_at is null and is_public is false and coalesce(cardinality(tiers), 0) = 0;
    create index patreon_posts_paid_idx on patreon_posts (published_at, id) where gone_at is null and is_paid is true;
    create index patreon_posts_unpaid_idx on patreon_posts (published_at, id) where gone_at is null and is_paid is false;
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop index patreon_posts_public_idx, patreon_posts_some_tiers_idx, patreon_posts_members_idx, patreon_posts_paid_idx,
      patreon_posts_unpaid_idx;
    drop trigger patreon_posts_unwanted_insert on patreon_posts;
    drop trigger patreon_posts_pass_over_ignored on patreon_posts;
    drop function patreon_posts_remove_ignored(), patreon_posts_pass_over_ignored();
    drop table ignored_posts;
    drop trigger patreon_posts_search_insert on patreon_posts;
    drop trigger patreon_posts_search_update on patreon_posts;
    drop function patreon_posts_saying(tsquery, integer, boolean),
      patreon_posts_found(tsquery, integer, boolean, integer), patreon_post_search_apply(),
      patreon_post_document(text, text, text), patreon_post_body(text);
    drop table patreon_post_search;
    alter table campaign_settings drop column search_language;
  `);
  for (const language of LANGUAGES) await knex.raw(`drop text search configuration post_${language}`);
}
