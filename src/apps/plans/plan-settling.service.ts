import type { Knex } from 'knex';
import type { Context } from '../../context';
import { SYSTEM } from '../accounts/audit.service';
import { PatreonCampaign } from '../campaigns/campaign.model';
import { PatreonTier } from '../campaigns/tier.model';
import { type Arrivals, fateOf, type Mirrored, matchArrivals, type NewTier } from './plan-fate';
import { CAMPAIGN_FIELDS, TIER_FIELDS } from './plan-fields';
import { followValues, lockPlans, recordStates, type StateChange, setFates, type ValueFate } from './plan-rows';
import { PlannedChange, WAITING } from './planned-change.model';
import { PlannedValue } from './planned-value.model';

/** So many campaigns at a time. */
const BATCH = 500;

/** Compares open plans of a campaign with what Patreon says now. Safe to repeat; called after every read that stored something. */
export async function settlePlans({ knex }: Context, campaignId: number): Promise<void> {
  await settleCampaigns(knex, [campaignId]);
}

/** The same for every campaign that has a plan waiting: what a process that was killed after a read has missed. */
export async function settleWaiting({ knex }: Context): Promise<{ campaigns: number; changed: number }> {
  let [campaigns, changed, last] = [0, 0, 0];
  for (;;) {
    const ids: number[] = await knex('planned_changes')
      .distinct('campaign_id')
      .whereIn('state', [...WAITING])
      .where('campaign_id', '>', last)
      .orderBy('campaign_id')
      .limit(BATCH)
      .pluck('campaign_id');
    changed += await settleCampaigns(knex, ids);
    campaigns += ids.length;
    if (ids.length < BATCH) return { campaigns, changed };
    last = ids.at(-1) as number;
  }
}

/** How many plans changed their state. A campaign without plans costs one look at an index. */
async function settleCampaigns(knex: Knex, campaignIds: readonly number[]): Promise<number> {
  const waiting = (db: Knex) =>
    PlannedChange.query(db)
      .whereRaw('campaign_id = any(?::int[])', [[...campaignIds]])
      .whereIn('state', [...WAITING]);
  if (campaignIds.length === 0 || !(await waiting(knex).first())) return 0;
  return knex.transaction(async (trx) => {
    await lockPlans(trx, campaignIds);
    const plans = await waiting(trx).orderBy('id');
    const changes = [...(await settleDeletions(trx, plans)), ...(await settleValues(trx, plans))];
    await recordStates(trx, changes, SYSTEM);
    return changes.length;
  });
}

/** A tier that was to be deleted and is gone. */
async function settleDeletions(trx: Knex.Transaction, plans: readonly PlannedChange[]): Promise<StateChange[]> {
  const ids = plans.filter(({ action }) => action === 'delete').map(({ id }) => id);
  if (ids.length === 0) return [];
  const { rows } = await trx.raw<{ rows: StateChange[] }>(
    `update planned_changes p set state = 'applied', settled_at = now(), changed_at = now()
       from patreon_tiers t
      where p.id = any(?::bigint[]) and t.id = p.tier_id and t.gone_at is not null
      returning p.id, 'open' as before, p.state as after`,
    [ids],
  );
  return rows;
}

async function settleValues(trx: Knex.Transaction, plans: readonly PlannedChange[]): Promise<StateChange[]> {
  const values = await PlannedValue.query(trx)
    .whereRaw('plan_id = any(?::bigint[])', [plans.map(({ id }) => id)])
    .whereIn('state', [...WAITING]);
  await settleArrivals(trx, plans, values);
  const mirrored = await readMirrored(trx, plans);
  const fates = plans.flatMap((plan): ValueFate[] => {
    if (plan.resource === 'tier' && plan.tier_id === null) return [];
    const now = mirrored(plan);
    return values
      .filter(({ plan_id }) => plan_id === plan.id)
      .map((value) => ({ plan_id: plan.id, field: value.field, ...fateOf(value, now) }));
  });
  const changed = await setFates(trx, fates);
  return changed.length > 0 ? followValues(trx, changed) : [];
}

/** New tiers that have come: a plan that is surely meant gets its tier, in the rows given as well. */
async function settleArrivals(
  trx: Knex.Transaction,
  plans: readonly PlannedChange[],
  values: readonly PlannedValue[],
): Promise<void> {
  const awaited = plans.filter(({ action, tier_id }) => action === 'create' && tier_id === null);
  if (awaited.length === 0) return;
  const wanted = (plan: PlannedChange) =>
    Object.fromEntries(values.filter((v) => v.plan_id === plan.id).map((v) => [v.field, v.wanted]));
  const tiers = await listUnclaimedTiers(
    trx,
    awaited.map(({ campaign_id }) => campaign_id),
    Math.min(...awaited.map(({ known_tier_id }) => known_tier_id)),
  );
  const arrivals = matchArrivals(
    awaited.map((plan) => Object.assign({ wanted: wanted(plan) }, plan)),
    tiers,
  );
  for (const plan of awaited) plan.tier_id = arrivals.matched.get(plan.id) ?? null;
  await storeArrivals(trx, arrivals, awaited);
}

/** Live tiers above an id that no plan is about. */
export async function listUnclaimedTiers(
  db: Knex,
  campaignIds: readonly number[],
  above: number,
): Promise<(NewTier & PatreonTier)[]> {
  return PatreonTier.query(db)
    .whereRaw('campaign_id = any(?::int[])', [[...campaignIds]])
    .where('id', '>', above)
    .whereNull('gone_at')
    .whereNotExists(
      db('planned_changes as p')
        .whereRaw('p.tier_id = patreon_tiers.id')
        .where((either) => either.where('p.action', 'create').orWhereIn('p.state', [...WAITING])),
    )
    .orderBy('id')
    .limit(1_000);
}

async function storeArrivals(
  trx: Knex.Transaction,
  { matched, doubtful }: Arrivals,
  awaited: readonly PlannedChange[],
): Promise<void> {
  const rows = awaited.map(({ id }) => ({ id, tier_id: matched.get(id) ?? null, needs_answer: doubtful.has(id) }));
  await trx.raw(
    `update planned_changes p set tier_id = n.tier_id, needs_answer = n.needs_answer
       from jsonb_to_recordset(?) as n(id bigint, tier_id int, needs_answer boolean)
      where p.id = n.id and (p.tier_id, p.needs_answer) is distinct from (n.tier_id, n.needs_answer)`,
    [JSON.stringify(rows)],
  );
}

async function readMirrored(
  trx: Knex.Transaction,
  plans: readonly PlannedChange[],
): Promise<(plan: PlannedChange) => Mirrored> {
  const tierIds = plans.flatMap(({ tier_id }) => tier_id ?? []);
  const campaignIds = plans.filter(({ resource }) => resource === 'campaign').map(({ campaign_id }) => campaign_id);
  const tiers = await PatreonTier.query(trx)
    .select('id', ...TIER_FIELDS)
    .whereRaw('id = any(?::int[])', [tierIds])
    .whereNull('gone_at');
  const campaigns = await PatreonCampaign.query(trx)
    .select('id', ...CAMPAIGN_FIELDS)
    .whereRaw('id = any(?::int[])', [campaignIds])
    .whereNull('gone_at');
  const tierById = new Map(tiers.map((tier) => [tier.id, tier]));
  const campaignById = new Map(campaigns.map((campaign) => [campaign.id, campaign]));
  return ({ resource, tier_id, campaign_id }) =>
    resource === 'tier' ? tierById.get(tier_id as number) : campaignById.get(campaign_id);
}
