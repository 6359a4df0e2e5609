export type { Address } from './resources/address';
export type { Benefit } from './resources/benefit';
export type { Campaign } from './resources/campaign';
export type { Member } from './resources/member';
export type { PledgeEvent } from './resources/pledge-event';
export type { Post } from './resources/post';
export type { Tier } from './resources/tier';
export type { User } from './resources/user';
