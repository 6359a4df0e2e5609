import { addressAttributes } from './resources/address';
import { benefitAttributes } from './resources/benefit';
import { campaignAttributes } from './resources/campaign';
import { memberAttributes } from './resources/member';
import { pledgeEventAttributes } from './resources/pledge-event';
import { postAttributes } from './resources/post';
import { tierAttributes } from './resources/tier';
import { userAttributes } from './resources/user';

/** What one endpoint is asked for. `fields` and `include` are the only way to get more than bare ids. */
export interface Selection {
  /** Type of the primary data. */
  type: string;
  /** Relationship path → type of what it includes. */
  include: Readonly<Record<string, string>>;
  /** Type → attributes. Types without an entry are included for their ids alone. */
  fields: Readonly<Record<string, readonly string[]>>;
}

const ADDRESS_FIELDS = Object.keys(addressAttributes.shape);
const BENEFIT_FIELDS = Object.keys(benefitAttributes.shape);
const CAMPAIGN_FIELDS = Object.keys(campaignAttributes.shape);
const MEMBER_FIELDS = Object.keys(memberAttributes.shape);
const PLEDGE_EVENT_FIELDS = Object.keys(pledgeEventAttributes.shape);
const POST_FIELDS = Object.keys(postAttributes.shape);
const TIER_FIELDS = Object.keys(tierAttributes.shape);
const USER_FIELDS = Object.keys(userAttributes.shape);

/** Patreon tells the e-mail address only of the token's own person; that of a member is an attribute of the member. */
const OTHER_USER_FIELDS = USER_FIELDS.filter((field) => field !== 'email');

export const IDENTITY_SELECTION: Selection = { type: 'user', include: {}, fields: { user: USER_FIELDS } };

export const CAMPAIGN_SELECTION: Selection = {
  type: 'campaign',
  include: { benefits: 'benefit', creator: 'user', tiers: 'tier', 'tiers.benefits': 'benefit' },
  fields: { benefit: BENEFIT_FIELDS, campaign: CAMPAIGN_FIELDS, tier: TIER_FIELDS, user: OTHER_USER_FIELDS },
};

export const MEMBERS_SELECTION: Selection = {
  type: 'member',
  include: {
    address: 'address',
    currently_entitled_tiers: 'tier',
    pledge_history: 'pledge-event',
    user: 'user',
  },
  fields: {
    address: ADDRESS_FIELDS,
    member: MEMBER_FIELDS,
    'pledge-event': PLEDGE_EVENT_FIELDS,
    user: OTHER_USER_FIELDS,
  },
};

/** A single member may belong to any campaign of the token, so its campaign is asked for too. */
export const MEMBER_SELECTION: Selection = {
  ...MEMBERS_SELECTION,
  include: { ...MEMBERS_SELECTION.include, campaign: 'campaign' },
};

export const POST_SELECTION: Selection = {
  type: 'post',
  include: { campaign: 'campaign', user: 'user' },
  fields: { post: POST_FIELDS },
};

/** Includes that Patreon answers only to tokens with the scope. */
const INCLUDE_SCOPES: Readonly<Record<string, string>> = { address: 'campaigns.members.address' };

/** The selection without what the scopes do not allow. */
export function allowedBy(scopes: readonly string[], selection: Selection): Selection {
  const refused = Object.keys(selection.include).filter((path) => {
    const scope = INCLUDE_SCOPES[path];
    return scope !== undefined && !scopes.includes(scope);
  });
  return withoutIncludes(selection, refused);
}

export function withoutIncludes(selection: Selection, paths: readonly string[]): Selection {
  const include = Object.fromEntries(Object.entries(selection.include).filter(([path]) => !paths.includes(path)));
  return { ...selection, include };
}
