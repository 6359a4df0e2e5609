import { ApiReader, type PatreonClientOptions, type ReadRequest } from './api-reader';
import { DocumentReader, type RejectedRecord } from './document';
import type { DroppedName } from './dropped-names';
import { isObject } from './is-object';
import { type FindUnchanged, membersOf, oneMember } from './members-page';
import { type Asked, each, type Page, type PageMapper, type PageOptions, type ResourceMapper, toPage } from './page';
import { PatreonError } from './patreon-error';
import type { Campaign, Member, Post, User } from './resources';
import { mapCampaign } from './resources/campaign';
import { mapPost } from './resources/post';
import { mapUser } from './resources/user';
import {
  allowedBy,
  CAMPAIGN_SELECTION,
  IDENTITY_SELECTION,
  MEMBER_SELECTION,
  MEMBERS_SELECTION,
  POST_SELECTION,
  type Selection,
  withoutIncludes,
} from './selection';

export type { PatreonClientOptions, RequestGate } from './api-reader';
export type { RejectedRecord } from './document';
export type { DroppedName } from './dropped-names';
export type { FindUnchanged } from './members-page';
export type { Page, PageHead, PageOptions } from './page';

export interface SingleDocument<T> {
  /** Null when the record is rejected. */
  item: T | null;
  rejected: RejectedRecord[];
  dropped: DroppedName[];
}

export interface MembersPageOptions extends PageOptions {
  /** Asked for unless false. Patreon answers at most 500 members a page with it, 1,000 without. */
  pledgeHistory?: boolean;
  /**
   * Asked once a page, before anything is mapped: which of these members are known exactly as they were sent? Their
   * digests are those of `Member.digest`. The answer's ids come back as `unchangedIds` and not among the items.
   */
  unchanged?: FindUnchanged;
}

export interface ReadOptions {
  signal?: AbortSignal;
}

/** Reads the Patreon API v2. Every method throws PatreonError, and whatever the gate or the token source throws. */
export interface PatreonClient {
  /** The person whose token it is. */
  getIdentity(options?: ReadOptions): Promise<SingleDocument<User>>;
  /** Campaigns that the person owns; empty for somebody who never made a page. */
  listCampaigns(options?: PageOptions): Promise<Page<Campaign>>;
  getCampaign(id: string, options?: ReadOptions): Promise<SingleDocument<Campaign>>;
  /**
   * Everybody: active, declined, former, free and gifted, in no documented order. Their pledge histories are left out
   * (`omitted`) if Patreon times out over them even on a small page.
   */
  listMembers(campaignId: string, options?: MembersPageOptions): Promise<Page<Member>>;
  /** One member; its pledge history is left out if Patreon times out over it. */
  getMember(id: string, options?: ReadOptions): Promise<SingleDocument<Member>>;
  /** Published posts, oldest first, at most 20 a page. */
  listPosts(campaignId: string, options?: PageOptions): Promise<Page<Post>>;
  getPost(id: string, options?: ReadOptions): Promise<SingleDocument<Post>>;
}

/** Nothing that a server between us and Patreon could read as a step of the path, a query or an escape. */
const PATH_ID = /^(?!\.{1,2}$)[\w:.~+@,;=!*-]{1,200}$/;
const MAX_MEMBERS = 1000;
const MAX_MEMBERS_WITH_HISTORY = 500;

export function createPatreonClient(options: PatreonClientOptions): PatreonClient {
  const reader = new ApiReader(options);
  const allowed = (selection: Selection) => (options.scopes ? allowedBy(options.scopes, selection) : selection);

  async function readOne<T>(
    request: Omit<ReadRequest, 'isList'>,
    map: (raw: unknown, document: DocumentReader, asked: Asked) => T | null,
    id?: string,
  ): Promise<SingleDocument<T>> {
    const result = await reader.read({ ...request, selection: allowed(request.selection), isList: false });
    await result.noted;
    const { one: data, included } = result.document;
    const dropped = reader.dropped.list();
    const document = new DocumentReader(included);
    requireSameId(data, id, request.path);
    const item = map(data, document, { selection: result.request.selection, dropped });
    return { item, rejected: document.rejected, dropped };
  }

  async function readPage<T>(
    path: string,
    selection: Selection,
    map: PageMapper<T>,
    { count, signal, cursor, onHead }: PageOptions,
  ): Promise<Page<T>> {
    const request = { path, selection: allowed(selection), count, signal, cursor: cursor ?? undefined, isList: true };
    return toPage(request, await reader.read(request), reader.dropped.list(), { map, onHead });
  }

  return {
    getIdentity: (read = {}) => readOne({ path: '/identity', selection: IDENTITY_SELECTION, ...read }, one(mapUser)),
    listCampaigns: async (page = {}) => readPage('/campaigns', CAMPAIGN_SELECTION, each(mapCampaign), page),
    getCampaign: async (id, read = {}) =>
      readOne({ path: pathTo('campaigns', id), selection: CAMPAIGN_SELECTION, ...read }, one(mapCampaign), id),
    listMembers: async (campaignId, { pledgeHistory = true, count, unchanged, ...page } = {}) => {
      const selection = pledgeHistory ? MEMBERS_SELECTION : withoutIncludes(MEMBERS_SELECTION, ['pledge_history']);
      const most = pledgeHistory ? MAX_MEMBERS_WITH_HISTORY : MAX_MEMBERS;
      const path = `${pathTo('campaigns', campaignId)}/members`;
      const asked = { ...page, count: Math.min(count ?? most, most) };
      return readPage(path, selection, membersOf(campaignId, unchanged), asked);
    },
    getMember: async (id, read = {}) =>
      readOne({ path: pathTo('members', id), selection: MEMBER_SELECTION, ...read }, oneMember, id),
    listPosts: async (campaignId, page = {}) =>
      readPage(`${pathTo('campaigns', campaignId)}/posts`, POST_SELECTION, each(mapPost), page),
    getPost: async (id, read = {}) =>
      readOne({ path: pathTo('posts', id), selection: POST_SELECTION, ...read }, one(mapPost), id),
  };
}

const one =
  <T>(map: ResourceMapper<T>) =>
  (raw: unknown, document: DocumentReader, { selection }: Asked): T | null =>
    document.read(selection.type, raw, map);

function requireSameId(data: unknown, id: string | undefined, requestPath: string): void {
  const sent = isObject(data) ? data.id : undefined;
  if (id === undefined || typeof sent !== 'string' || sent.toLowerCase() === id.toLowerCase()) return;
  throw invalidAnswer('data.id: another resource than the one asked for', requestPath);
}

function pathTo(collection: string, id: string): string {
  if (PATH_ID.test(id)) return `/${collection}/${encodeURIComponent(id)}`;
  throw new PatreonError('invalid_request', {
    detail: 'not the id of a Patreon resource',
    requestPath: `/${collection}`,
  });
}

function invalidAnswer(detail: string, requestPath: string): PatreonError {
  return new PatreonError('invalid_answer', { detail, requestPath, status: 200 });
}
