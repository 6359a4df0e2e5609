import type { Resource, ResourceType } from './resource';

/** The types that come in lists too long to hold in memory. */
export type ListedType = 'member' | 'post';

export interface Place {
  campaignId: string;
  index: number;
}

/** The people and things behind the API. Lists are in the order in which Patreon would serve them. */
export interface Population {
  campaigns(): Resource[];
  /** People who can sign in and allow access; the first is the default. */
  creators(): Resource[];
  /** The user id of the campaign's owner; undefined when nobody who can sign in owns it. */
  ownerOf(campaignId: string): string | undefined;
  count(type: ListedType, campaignId: string): number;
  at(type: ListedType, campaignId: string, index: number): Resource;
  /** Where a member or post stands; an index beyond `count` is one that no list shows. */
  locate(type: ListedType, id: string): Place | undefined;
  /** A resource of any type that is not listed. */
  find(type: ResourceType, id: string): Resource | undefined;
  /** Whether the `token-hash` of an image address fits its path and expiry. */
  acceptsImage(path: string, tokenTime: string, tokenHash: string): boolean;
}
