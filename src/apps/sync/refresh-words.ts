import type { Request } from 'express';
import type { Context } from '../../context';
import { createFormat } from '../../http/format';
import type { Flash } from '../../http/types';
import type { Translate } from '../../i18n';
import { PatreonError } from '../../patreon/patreon-error';
import type { Permission } from '../../policy';
import { PatreonCampaign } from '../campaigns/campaign.model';
import type { PatreonChange } from '../campaigns/change.model';
import { PatreonTier } from '../campaigns/tier.model';
import { RequestsHeldError } from '../connections/request-holds.service';
import { changeSentences, listOf } from '../members/change-sentences';
import type { RefreshResult, RefreshTarget } from './refresh.service';

/** So many changes are told one by one; the page shows the rest. */
const MAX_TOLD = 8;
const MAX_VALUE = 60;

/** What a refresh came to, in the reader's words and as far as the reader may see it. */
export async function refreshWords(
  req: Request,
  { knex }: Context,
  { resource, campaignId }: RefreshTarget,
  { outcome, isGone, changes, besides }: RefreshResult,
): Promise<Flash> {
  const { t } = req;
  if (outcome === 'older') return { kind: 'info', text: t('sync:refresh.older') };
  if (outcome === 'unreadable') return { kind: 'warning', text: t('sync:refresh.unreadable') };
  if (isGone)
    return { kind: 'warning', text: t(`sync:refresh.${outcome === 'gone' ? 'unknown' : 'still'}.${resource}`) };
  const campaign = await PatreonCampaign.findById(campaignId, knex);
  const tiers = await namedTiers(campaignId, changes, knex);
  const sentences =
    resource === 'members'
      ? changeSentences(changes, memberWords(req, campaign, tiers))
      : changes.map((change) => changeText(change, req, campaign, tiers));
  const beside = t(`sync:refresh.${resource === 'campaigns' ? 'benefits' : 'elsewhere'}`);
  if (sentences.length === 0) {
    return besides ? { kind: 'success', text: beside } : { kind: 'info', text: t('sync:refresh.nothing') };
  }
  const told = sentences.slice(0, MAX_TOLD);
  const left = sentences.length - told.length;
  const list = [...told, ...(left > 0 ? [t('sync:refresh.more', { count: left })] : [])].join(
    t('sync:refresh.separator'),
  );
  const text = t('sync:refresh.changes', { count: sentences.length, list });
  return { kind: 'success', text: besides ? `${text} ${beside}` : text };
}

/** Why nothing could be read, in words. @throws the error itself when it is no failure of a read */
export function failureWords(req: Request, error: unknown): string {
  const { t } = req;
  if (error instanceof RequestsHeldError) {
    const when = createFormat(req.locale).relative(error.until.toISOString());
    return t(`sync:refresh.failed.${error.reason === 'budget_spent' ? 'budget_spent' : 'held'}`, { when });
  }
  if (!(error instanceof PatreonError)) throw error;
  const { kind } = error;
  const isTold = kind === 'unauthorized' || kind === 'forbidden' || kind === 'rate_limited';
  return t(`sync:refresh.failed.${isTold ? kind : 'unanswered'}`);
}

type Tiers = ReadonlyMap<number | string, string>;

/** The titles of the tiers that changes are about, by row id and by Patreon's id. */
async function namedTiers(
  campaignId: number,
  changes: readonly PatreonChange[],
  knex: Context['knex'],
): Promise<Tiers> {
  const rows = changes.filter(({ resource }) => resource === 'tier').map(({ record_id }) => record_id);
  const named = changes
    .filter(({ field }) => field === 'currently_entitled_tiers')
    .flatMap(({ before, after }) => [...listOf(before), ...listOf(after)]);
  const tiers = [
    ...(rows.length > 0 ? await PatreonTier.query(knex).findByIds(rows) : []),
    ...(named.length > 0 ? await PatreonTier.listByPatreonIds([campaignId], named, knex) : []),
  ];
  return new Map(
    tiers.flatMap(({ id, patreon_id, title }) => [id, patreon_id].map((key) => [key, title || patreon_id])),
  );
}

function memberWords(req: Request, campaign: PatreonCampaign | undefined, tiers: Tiers) {
  return {
    t: req.t,
    format: createFormat(req.locale, campaign?.time_zone),
    can: (permission: Permission) => req.can(permission),
    currency: campaign?.currency ?? null,
    tierTitle: (id: string) => tiers.get(id) ?? id,
  };
}

/** One change of a post, a campaign or a tier: which attribute, what it was and what it is. */
function changeText(change: PatreonChange, req: Request, campaign: PatreonCampaign | undefined, tiers: Tiers): string {
  const { t } = req;
  const { resource, record_id, kind, field } = change;
  const name = resource === 'tier' ? tiers.get(record_id) : undefined;
  if (kind !== 'changed' || field === null) {
    return t(`sync:refresh.${kind}`, {
      name: name ?? t(`sync:resource.${resource === 'post' ? 'posts' : 'campaigns'}`),
    });
  }
  const label = labelOf(resource, field, t);
  const [before, after] = [change.before, change.after].map((value) => shownValue(field, value, req, campaign));
  const isShown = before !== undefined && after !== undefined;
  const text = t(`sync:refresh.${isShown ? 'changed' : 'touched'}`, { label, before, after });
  return name === undefined ? text : t('sync:refresh.of', { name, change: text });
}

/** The catalogue's word for an attribute; its own name where there is none. */
function labelOf(resource: PatreonChange['resource'], field: string, t: Translate): string {
  const creator = /^creator_(.+)$/.exec(field)?.[1];
  const keys: Partial<Record<PatreonChange['resource'], string>> = {
    post: `posts:attribute.${field}`,
    tier: `campaigns:attribute.tier.${field}`,
    campaign: creator ? `campaigns:attribute.creator.${creator}` : `campaigns:attribute.campaign.${field}`,
  };
  const key = keys[resource] as string;
  const text = t(key);
  // A key without a text is answered as it is.
  return key.endsWith(text) ? field : text;
}

/** Undefined for what a sentence cannot hold. */
function shownValue(
  field: string,
  value: unknown,
  req: Request,
  campaign: PatreonCampaign | undefined,
): string | undefined {
  const { t } = req;
  const format = createFormat(req.locale, campaign?.time_zone);
  if (value === null || value === undefined || value === '') return t('sync:refresh.empty');
  if (typeof value === 'boolean') return t(`shared:value.${value ? 'yes' : 'no'}`);
  if (typeof value === 'number')
    return field.endsWith('_cents') ? format.money(value, campaign?.currency) : format.number(value);
  if (typeof value !== 'string' || value.length > MAX_VALUE || /[<\n]/.test(value)) return undefined;
  return field.endsWith('_at') ? format.dateTime(value) : value;
}
