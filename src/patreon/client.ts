import { setImmediate } from 'node:timers/promises';
import { ApiReader, type PatreonClientOptions, type ReadRequest, type ReadResult } from './api-reader';
import { DocumentReader, type RejectedRecord, type ResourceObject } from './document';
import type { DroppedName } from './dropped-names';
import { isObject } from './is-object';
import { PatreonError } from './patreon-error';
import type { Campaign, Member, Post, User } from './resources';
import { mapCampaign } from './resources/campaign';
import { mapMember } from './resources/member';
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

/** One page of a list. An id may come twice within a page and across pages. */
export interface Page<T> {
  items: T[];
  /** Records that could not be read, those of included resources too. */
  rejected: RejectedRecord[];
  /** Opaque and short-lived; null on the last page. */
  nextCursor: string | null;
  /** Number over all pages as Patreon states it, null when it does not; not exact while people join. */
  total: number | null;
  /** Page size that was answered in the end, smaller than asked after time-outs; null when none was asked. */
  requestedCount: number | null;
  /** Includes that were left out because Patreon timed out over them. */
  omitted: string[];
  /** Names that Patreon refuses and that are therefore null or empty in every item. */
  dropped: DroppedName[];
}

export interface SingleDocument<T> {
  /** Null when the record is rejected. */
  item: T | null;
  rejected: RejectedRecord[];
  dropped: DroppedName[];
}

export interface PageOptions {
  count?: number;
  /** From the page before; unset for the first page. */
  cursor?: string | null;
  signal?: AbortSignal;
}

export interface MembersPageOptions extends PageOptions {
  /** Asked for unless false. Patreon answers at most 500 members a page with it, 1,000 without. */
  pledgeHistory?: boolean;
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

type ResourceMapper<T> = (resource: ResourceObject, document: DocumentReader) => T;

/** Nothing that a server between us and Patreon could read as a step of the path, a query or an escape. */
const PATH_ID = /^(?!\.{1,2}$)[\w:.~+@,;=!*-]{1,200}$/;
const SLICE = 50;
const MAX_MEMBERS = 1000;
const MAX_MEMBERS_WITH_HISTORY = 500;

export function createPatreonClient(options: PatreonClientOptions): PatreonClient {
  const reader = new ApiReader(options);
  const allowed = (selection: Selection) => (options.scopes ? allowedBy(options.scopes, selection) : selection);

  async function readOne<T>(
    request: Omit<ReadRequest, 'isList'>,
    map: ResourceMapper<T>,
    id?: string,
  ): Promise<SingleDocument<T>> {
    const { document } = await reader.read({ ...request, selection: allowed(request.selection), isList: false });
    const documentReader = new DocumentReader(document);
    requireSameId(document.data, id, request.path);
    const item = documentReader.read(request.selection.type, document.data, map);
    return { item, rejected: documentReader.rejected, dropped: reader.dropped.list() };
  }

  async function readPage<T>(
    path: string,
    selection: Selection,
    map: ResourceMapper<T>,
    page: PageOptions,
  ): Promise<Page<T>> {
    const { count, signal, cursor } = page;
    const request = { path, selection: allowed(selection), count, signal, cursor: cursor ?? undefined, isList: true };
    const result = await reader.read(request);
    const omitted = Object.keys(request.selection.include).filter(
      (name) => !(name in result.request.selection.include),
    );
    return { ...(await toPage(result, map, reader.dropped.list())), omitted };
  }

  return {
    getIdentity: (read = {}) => readOne({ path: '/identity', selection: IDENTITY_SELECTION, ...read }, mapUser),
    listCampaigns: async (page = {}) => readPage('/campaigns', CAMPAIGN_SELECTION, mapCampaign, page),
    getCampaign: async (id, read = {}) =>
      readOne({ path: pathTo('campaigns', id), selection: CAMPAIGN_SELECTION, ...read }, mapCampaign, id),
    listMembers: async (campaignId, { pledgeHistory = true, count, ...page } = {}) => {
      const selection = pledgeHistory ? MEMBERS_SELECTION : withoutIncludes(MEMBERS_SELECTION, ['pledge_history']);
      const most = pledgeHistory ? MAX_MEMBERS_WITH_HISTORY : MAX_MEMBERS;
      const path = `${pathTo('campaigns', campaignId)}/members`;
      // The list is of one campaign by its address, so asking for the relationship would only swell every record.
      const mapOfCampaign: ResourceMapper<Member> = (resource, document) => {
        const member = mapMember(resource, document);
        const missing = member.missing_relationships.filter((name) => name !== 'campaign');
        return { ...member, campaign_id: campaignId, missing_relationships: missing };
      };
      return readPage(path, selection, mapOfCampaign, { ...page, count: Math.min(count ?? most, most) });
    },
    getMember: async (id, read = {}) =>
      readOne({ path: pathTo('members', id), selection: MEMBER_SELECTION, ...read }, mapMember, id),
    listPosts: async (campaignId, page = {}) =>
      readPage(`${pathTo('campaigns', campaignId)}/posts`, POST_SELECTION, mapPost, page),
    getPost: async (id, read = {}) =>
      readOne({ path: pathTo('posts', id), selection: POST_SELECTION, ...read }, mapPost, id),
  };
}

async function toPage<T>(
  { document, request }: ReadResult,
  map: ResourceMapper<T>,
  dropped: DroppedName[],
): Promise<Omit<Page<T>, 'omitted'>> {
  const reader = new DocumentReader(document);
  const data = Array.isArray(document.data) ? document.data : [];
  const items: T[] = [];
  for (const [index, raw] of data.entries()) {
    // A page takes tens of milliseconds to map; a server that shares the process answers people in between.
    if (index % SLICE === SLICE - 1) await setImmediate();
    const item = reader.read(request.selection.type, raw, map);
    if (item !== null) items.push(item);
  }
  const meta = isObject(document.meta) ? document.meta : {};
  const pagination = isObject(meta.pagination) ? meta.pagination : {};
  return {
    items,
    rejected: reader.rejected,
    nextCursor: nextCursorOf(pagination, request.path),
    total: Number.isSafeInteger(pagination.total) ? Number(pagination.total) : null,
    requestedCount: request.count ?? null,
    dropped,
  };
}

function nextCursorOf(pagination: Readonly<Record<string, unknown>>, requestPath: string): string | null {
  const next = isObject(pagination.cursors) ? pagination.cursors.next : null;
  if (next === null || next === undefined || next === '') return null;
  // Taken for the last page, an unreadable cursor would make the rest of the list look gone.
  if (typeof next !== 'string') throw invalidAnswer('meta.pagination.cursors.next: expected text', requestPath);
  return next;
}

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
