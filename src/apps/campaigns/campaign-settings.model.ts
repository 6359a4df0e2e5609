import type { Knex } from 'knex';
import { BaseModel } from '../../db/base-model';

/** In the order of the tokens `--avatar-0` and on. */
export const CAMPAIGN_COLOURS = ['blue', 'purple', 'pink', 'orange', 'yellow', 'green', 'teal', 'grey'] as const;
export type CampaignColour = (typeof CAMPAIGN_COLOURS)[number];

/**
 * In which language posts are searched, with its ISO 639 code: words are then found in their other forms as well. Where
 * none was chosen every word is taken as it is.
 */
export const SEARCH_LANGUAGES = {
  danish: 'da',
  dutch: 'nl',
  english: 'en',
  finnish: 'fi',
  french: 'fr',
  german: 'de',
  hungarian: 'hu',
  italian: 'it',
  norwegian: 'no',
  portuguese: 'pt',
  romanian: 'ro',
  russian: 'ru',
  spanish: 'es',
  swedish: 'sv',
  turkish: 'tr',
} as const;
export type SearchLanguage = keyof typeof SEARCH_LANGUAGES;

/** What staff decide about one campaign; a campaign without a row has the defaults. */
export class CampaignSettings extends BaseModel {
  static override tableName = 'campaign_settings';
  static override idColumn = 'campaign_id';

  campaign_id!: number;
  local_name!: string | null;
  colour!: CampaignColour | null;
  /** IANA name; null is UTC. */
  time_zone!: string | null;
  search_language!: SearchLanguage | null;
  /** Markdown. */
  notes!: string;
  /** Whether scheduled syncs read the campaign; a person can always start one. */
  is_scheduled!: boolean;
  syncs_members!: boolean;
  syncs_posts!: boolean;
  set_by!: number | null;
  set_at!: string;

  static async findByCampaign(campaignId: number, db: Knex): Promise<CampaignSettings | undefined> {
    return CampaignSettings.query(db).findById(campaignId);
  }
}

export type CampaignChoices = Pick<
  CampaignSettings,
  'local_name' | 'colour' | 'time_zone' | 'search_language' | 'notes' | 'is_scheduled' | 'syncs_members' | 'syncs_posts'
>;

export const DEFAULT_CHOICES: CampaignChoices = {
  local_name: null,
  colour: null,
  time_zone: null,
  search_language: null,
  notes: '',
  is_scheduled: true,
  syncs_members: true,
  syncs_posts: true,
};
