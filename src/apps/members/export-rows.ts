import type { Knex } from 'knex';
import type { SecretBox } from '../../lib/secret-box';
import { campaignName, PatreonCampaign } from '../campaigns/campaign.model';
import { PatreonTier } from '../campaigns/tier.model';
import type { ExportColumn, ExportSubject, RelatedName } from './export-columns';
import type { PatreonMember } from './member.model';
import { MemberAddress } from './member-address.model';
import { type Address, openAddress } from './member-addresses.service';

type Titles = ReadonlyMap<string, string>;

/** Adds to batches of members what the columns of a file need from other tables: one query for each table and batch. */
export class ExportRows {
  private readonly needs: ReadonlySet<RelatedName>;
  /** There are few of them, and the same ones stand in every batch. */
  private readonly campaigns = new Map<number, NonNullable<ExportSubject['campaign']>>();
  private readonly tierTitles = new Map<number, Titles>();

  constructor(
    columns: readonly ExportColumn[],
    private readonly trx: Knex.Transaction,
    private readonly secrets: SecretBox,
  ) {
    this.needs = new Set(columns.flatMap((column) => column.needs));
  }

  async complete(members: readonly PatreonMember[]): Promise<ExportSubject[]> {
    const ids = members.map((member) => member.id);
    const campaignIds = [...new Set(members.map((member) => member.campaign_id))];
    // One after the other: they share one connection.
    await this.learnCampaigns(campaignIds);
    await this.learnTiers(campaignIds);
    const labels = await this.readLabels(ids);
    const fields = await this.readFields(ids);
    const followUps = await this.readFollowUps(ids);
    const addressed = await this.readAddressed(ids);
    const addresses = await this.readAddresses(ids);
    return members.map((member) => ({
      member,
      campaign: this.campaigns.get(member.campaign_id),
      tiers: this.titlesOf(member),
      labels: labels.get(member.id) ?? [],
      fields: fields.get(member.id) ?? new Map(),
      followUp: followUps.get(member.id),
      hasAddress: addressed.has(member.id),
      address: addresses.get(member.id),
    }));
  }

  private async learnCampaigns(ids: number[]): Promise<void> {
    const unknown = ids.filter((id) => !this.campaigns.has(id));
    if (!this.needs.has('campaign') || unknown.length === 0) return;
    for (const campaign of await PatreonCampaign.listByIds(unknown, this.trx)) {
      this.campaigns.set(campaign.id, { name: campaignName(campaign), currency: campaign.currency });
    }
  }

  private async learnTiers(campaignIds: number[]): Promise<void> {
    const unknown = campaignIds.filter((id) => !this.tierTitles.has(id));
    if (!this.needs.has('tiers') || unknown.length === 0) return;
    const tiers = await PatreonTier.query(this.trx)
      .select('campaign_id', 'patreon_id', 'title')
      .whereRaw('campaign_id = any(?)', [unknown]);
    for (const id of unknown) {
      const titled = tiers.filter((tier) => tier.campaign_id === id && tier.title);
      this.tierTitles.set(id, new Map(titled.map(({ patreon_id, title }) => [patreon_id, String(title)])));
    }
  }

  private titlesOf({ campaign_id, currently_entitled_tiers: ids }: PatreonMember): string[] {
    const titles = this.tierTitles.get(campaign_id);
    return titles ? ids.map((id) => titles.get(id) ?? id) : [];
  }

  private async readLabels(ids: number[]): Promise<Map<number, string[]>> {
    const found = new Map<number, string[]>();
    if (!this.needs.has('labels')) return found;
    const rows: { member_id: number; name: string }[] = await this.trx('member_labels')
      .join('labels', 'labels.id', 'member_labels.label_id')
      .select('member_id', 'name')
      .whereRaw('member_id = any(?::bigint[])', [ids])
      .orderBy('name');
    for (const { member_id, name } of rows) found.set(member_id, [...(found.get(member_id) ?? []), name]);
    return found;
  }

  private async readFields(ids: number[]): Promise<Map<number, Map<number, string>>> {
    const found = new Map<number, Map<number, string>>();
    if (!this.needs.has('fields')) return found;
    const rows: { member_id: number; field_id: number; value: string }[] = await this.trx('member_field_values')
      .select('member_id', 'field_id', 'value')
      .whereRaw('member_id = any(?::bigint[])', [ids]);
    for (const { member_id, field_id, value } of rows) {
      const values = found.get(member_id) ?? new Map<number, string>();
      found.set(member_id, values.set(field_id, value));
    }
    return found;
  }

  private async readFollowUps(ids: number[]): Promise<Map<number, NonNullable<ExportSubject['followUp']>>> {
    if (!this.needs.has('followUp')) return new Map();
    const rows = await this.trx('member_follow_ups')
      .leftJoin('staff', 'staff.id', 'member_follow_ups.owner_id')
      .select('member_id', 'staff.name as owner', 'task', this.trx.raw('due_on::text as due_on'))
      .whereRaw('member_id = any(?::bigint[])', [ids]);
    return new Map(rows.map(({ member_id, ...followUp }) => [member_id, followUp]));
  }

  private async readAddressed(ids: number[]): Promise<Set<number>> {
    if (!this.needs.has('hasAddress')) return new Set();
    const rows: { member_id: number }[] = await this.trx('member_addresses')
      .select('member_id')
      .whereRaw('member_id = any(?::bigint[])', [ids]);
    return new Set(rows.map(({ member_id }) => member_id));
  }

  private async readAddresses(ids: number[]): Promise<Map<number, Address>> {
    if (!this.needs.has('address')) return new Map();
    const rows = await MemberAddress.query(this.trx).whereRaw('member_id = any(?::bigint[])', [ids]);
    return new Map(rows.map((row) => [row.member_id, openAddress(this.secrets, row)]));
  }
}
