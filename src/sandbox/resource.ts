export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

export type Attributes = Record<string, Json>;

export type ResourceType =
  | 'address'
  | 'benefit'
  | 'campaign'
  | 'client'
  | 'deliverable'
  | 'goal'
  | 'live'
  | 'live-access-rule'
  | 'media'
  | 'member'
  | 'pledge-event'
  | 'post'
  | 'tier'
  | 'user'
  | 'webhook';

export type Related = Resource | Resource[] | null;

/** One JSON:API resource with all its attributes; related resources are computed only when somebody asks for them. */
export interface Resource {
  type: ResourceType;
  id: string;
  attributes: Attributes;
  related(relationship: string): Related;
}
