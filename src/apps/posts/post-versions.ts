import { setImmediate } from 'node:timers/promises';
import type { Knex } from 'knex';
import { htmlText } from '../../lib/html-text';
import { diffText, shortenParts } from '../../lib/text-diff';
import { type ChangedRecord, PatreonChange } from '../campaigns/change.model';
import { type Audience, type PatreonPost, postAudience } from './post.model';

/** Versions on one page. */
const PAGE = 10;
/** A version has at most one change of each of these, and one more when the post went or came back. */
const TOLD = ['title', 'content', 'is_public', 'tiers', 'is_paid', 'published_at', 'url', 'embed_url', 'embed_data'];
const ROWS = PAGE * (TOLD.length + 1);
/** Characters of Patreon's HTML that are compared; what stands behind them in a longer post is not looked at. */
const COMPARED = 100_000;

/** Who may read a post, with the tiers by Patreon's ids where it is for some. */
export interface AudienceOf {
  audience: Audience | 'unknown';
  tiers: readonly string[];
}

export interface TextDifference {
  isText: true;
  /** Null for texts that have next to nothing in common: both are shown then. */
  parts: ReturnType<typeof shortenParts> | null;
  before: string;
  after: string;
  /** Whether only the beginnings were compared. */
  isCut: boolean;
}

/** What one read of Patreon changed in a post. */
export interface PostVersion {
  id: number;
  at: string;
  kind: 'created' | 'changed' | 'gone' | 'returned';
  /** A sync run, or who asked for the read. */
  runId: number | null;
  staffId: number | null;
  title: { before: string; after: string } | null;
  /** Null also where the markup alone changed. */
  text: TextDifference | null;
  isMarkupOnly: boolean;
  audience: { before: AudienceOf; after: AudienceOf } | null;
  isPaid: boolean | null;
  publishedAt: { before: string | null; after: string | null } | null;
  /** Other fields that changed. */
  others: string[];
}

export interface VersionsPage {
  versions: PostVersion[];
  /** For `before` of the next page. */
  next: number | null;
}

type Head = Pick<PatreonChange, 'id' | 'kind' | 'field' | 'changed_at' | 'run_id' | 'staff_id'>;
type Values = Pick<PatreonChange, 'id' | 'before' | 'after'> & { is_cut: boolean };

const recordOf = (post: PatreonPost): ChangedRecord => ({
  campaign_id: post.campaign_id,
  resource: 'post',
  id: post.id,
});

/** What is known of how a post came to be as it is, newest first; `before` is the `next` of the page before. */
export async function readPostVersions(
  post: PatreonPost,
  before: number | undefined,
  knex: Knex,
): Promise<VersionsPage> {
  const heads = await readHeads(post, before, knex);
  const groups = groupByRead(heads);
  const shown = groups.slice(0, PAGE);
  const last = shown.at(-1)?.at(-1);
  if (!last) return { versions: [], next: null };
  const values = await readValues(post, shown.flat(), knex);
  let state = await readAudienceAfter(post, heads[0] as Head, knex);
  const versions: PostVersion[] = [];
  for (const group of shown) {
    // Long texts are compared: others have their turn in between.
    await setImmediate();
    versions.push(versionOf(group, values, state));
    state = audienceBefore(group, values, state);
  }
  const hasMore = groups.length > PAGE || heads.length === ROWS;
  return { versions, next: hasMore ? last.id : null };
}

/** Without the values, which may be long. As many as the largest versions of a page have, so that none is cut in two. */
async function readHeads(post: PatreonPost, before: number | undefined, knex: Knex): Promise<Head[]> {
  const { campaign_id, resource, id } = recordOf(post);
  const query = PatreonChange.query(knex)
    .select('id', 'kind', 'field', 'changed_at', 'run_id', 'staff_id')
    .where({ campaign_id, resource, record_id: id })
    .whereRaw('(field is null or field = any(?::text[]))', [TOLD])
    .orderBy('id', 'desc')
    .limit(ROWS);
  if (before !== undefined) query.where('id', '<', before);
  return query;
}

function groupByRead(heads: readonly Head[]): Head[][] {
  const groups = new Map<string, Head[]>();
  for (const head of heads) groups.set(head.changed_at, [...(groups.get(head.changed_at) ?? []), head]);
  return [...groups.values()];
}

async function readValues(post: PatreonPost, heads: readonly Head[], knex: Knex): Promise<Map<number, Values>> {
  const { campaign_id, resource, id } = recordOf(post);
  const { rows } = await knex.raw<{ rows: Values[] }>(
    `select id, greatest(length(before #>> '{}'), length(after #>> '{}')) > :compared as is_cut,
            case when field = 'content' then to_jsonb(left(before #>> '{}', :compared)) else before end as before,
            case when field = 'content' then to_jsonb(left(after #>> '{}', :compared)) else after end as after
       from patreon_changes
      where campaign_id = :campaign_id and resource = :resource and record_id = :id and id = any(:ids::bigint[])`,
    { campaign_id, resource, id, compared: COMPARED, ids: heads.map((head) => head.id) },
  );
  return new Map(rows.map((row) => [row.id, row]));
}

type AudienceState = Pick<PatreonPost, 'is_public' | 'tiers'>;

/** What `is_public` and `tiers` were after the newest of these changes: as the next change found them, else as they are. */
async function readAudienceAfter(post: PatreonPost, newest: Head, knex: Knex): Promise<AudienceState> {
  const { campaign_id, resource, id } = recordOf(post);
  const later = await PatreonChange.query(knex)
    .distinctOn('field')
    .select('field', 'before')
    .where({ campaign_id, resource, record_id: id })
    .whereIn('field', ['is_public', 'tiers'])
    .where('id', '>', newest.id)
    .orderBy(['field', 'id']);
  const found = Object.fromEntries(later.map(({ field, before }) => [field, before]));
  return { is_public: post.is_public, tiers: post.tiers, ...found };
}

function audienceBefore(group: readonly Head[], values: Map<number, Values>, after: AudienceState): AudienceState {
  const changed = group.filter(({ field }) => field === 'is_public' || field === 'tiers');
  return { ...after, ...Object.fromEntries(changed.map(({ id, field }) => [field, values.get(id)?.before])) };
}

const audienceOf = (state: AudienceState): AudienceOf => ({ audience: postAudience(state), tiers: state.tiers ?? [] });

function versionOf(group: readonly Head[], values: Map<number, Values>, after: AudienceState): PostVersion {
  const [first] = group as [Head, ...Head[]];
  const valuesOf = (name: string) => values.get(group.find(({ field }) => field === name)?.id ?? 0);
  const whole = group.find(({ field }) => field === null);
  const [title, content, published, paid] = ['title', 'content', 'published_at', 'is_paid'].map(valuesOf);
  const text = content ? textDifference(content) : null;
  return {
    id: first.id,
    at: first.changed_at,
    kind: whole?.kind ?? 'changed',
    runId: first.run_id,
    staffId: first.staff_id,
    title: title ? { before: textOf(title.before), after: textOf(title.after) } : null,
    text,
    isMarkupOnly: content !== undefined && text === null,
    audience: audienceChange(group, values, after),
    isPaid: typeof paid?.after === 'boolean' ? paid.after : null,
    publishedAt: published ? { before: momentOf(published.before), after: momentOf(published.after) } : null,
    others: group.flatMap(({ field }) => (field && ['url', 'embed_url', 'embed_data'].includes(field) ? [field] : [])),
  };
}

function audienceChange(
  group: readonly Head[],
  values: Map<number, Values>,
  after: AudienceState,
): PostVersion['audience'] {
  const change = { before: audienceOf(audienceBefore(group, values, after)), after: audienceOf(after) };
  const isSame =
    change.before.audience === change.after.audience &&
    (change.after.audience !== 'tiers' ||
      [...change.before.tiers].sort().join() === [...change.after.tiers].sort().join());
  return isSame ? null : change;
}

function textDifference({ before, after, is_cut }: Values): TextDifference | null {
  const texts = { before: htmlText(textOf(before)), after: htmlText(textOf(after)) };
  if (texts.before === texts.after && !is_cut) return null;
  const parts = diffText(texts.before, texts.after);
  return { isText: true, parts: parts ? shortenParts(parts) : null, ...texts, isCut: is_cut };
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const momentOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);
