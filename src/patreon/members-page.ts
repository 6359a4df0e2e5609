import { isResourceId } from './attributes';
import type { DocumentReader } from './document';
import { inSlices, type PageMapper } from './page';
import { RecordDigests } from './record-digest';
import { MEMBER_MAPPING, type Member, mapMember } from './resources/member';

interface DigestedId {
  id: string;
  digest: string;
}

/** Answers the ids of those members that are known exactly as these digests tell. */
export type FindUnchanged = (records: readonly DigestedId[]) => Promise<ReadonlySet<string>>;

/** Without a digest: what is sent of a member by itself is not what a list would say of it, byte for byte. */
export function oneMember(raw: unknown, document: DocumentReader): Member | null {
  return readMember(raw, document, null);
}

/** The list is of one campaign by its address, so asking for the relationship would only swell every record. */
export function membersOf(campaignId: string, findUnchanged: FindUnchanged | undefined): PageMapper<Member> {
  return async (data, document, sent) => {
    const digests = new RecordDigests(data, document, { version: MEMBER_MAPPING, ...sent });
    const records: { place: number; id: string | null; digest: string | null }[] = [];
    await inSlices(data.length, (place) => {
      const id = data.nameOf(place)?.id;
      records.push({ place, id: isResourceId(id) ? id : null, digest: digests.of(place) });
    });
    const told = findUnchanged ? recognisable(records) : [];
    const known = findUnchanged && told.length > 0 ? await findUnchanged(told) : new Set<string>();
    const unchanged = new Set(told.map(({ id }) => id).filter((id) => known.has(id)));
    const items: Member[] = [];
    const others = records.filter(({ id }) => id === null || !unchanged.has(id));
    await inSlices(others.length, (index) => {
      const { place, digest } = others[index] as (typeof others)[number];
      const raw = data.at(place);
      const member = readMember(raw, document, digests.covers(raw) ? digest : null);
      if (member !== null) items.push(ofCampaign(member, campaignId));
    });
    return { items, unchangedIds: [...unchanged] };
  };
}

function readMember(raw: unknown, document: DocumentReader, digest: string | null): Member | null {
  const alreadyRejected = document.rejected.length;
  const member = document.read('member', raw, mapMember);
  if (member === null) return null;
  // Its person, address or history could not be read: the next answer has to be looked at again.
  return { ...member, digest: document.rejected.length > alreadyRejected ? null : digest };
}

function ofCampaign(member: Member, campaignId: string): Member {
  const missing = member.missing_relationships.filter((name) => name !== 'campaign');
  return { ...member, campaign_id: campaignId, missing_relationships: missing };
}

/** Ids whose digest is the same wherever the page has them. */
function recognisable(records: readonly { id: string | null; digest: string | null }[]): DigestedId[] {
  const digests = new Map<string, string | null>();
  for (const { id, digest } of records) {
    if (id === null) continue;
    const earlier = digests.get(id);
    digests.set(id, earlier === undefined || earlier === digest ? digest : null);
  }
  return [...digests].flatMap(([id, digest]) => (digest === null ? [] : [{ id, digest }]));
}
