import type { Request } from 'express';
import type { Context } from '../../context';
import { createFormat } from '../../http/format';
import { campaignName, PatreonCampaign } from '../campaigns/campaign.model';
import { IgnoredCampaign } from '../campaigns/ignored-campaign.model';
import { connectionStatuses } from '../connections/connection-status.service';
import { requestUsage } from '../connections/request-budget.service';
import { PatreonMember } from '../members/member.model';
import { MemberView } from '../members/member-view.model';
import { countWaitingDrafts } from '../posts/draft-waiting.service';
import { PatreonPost } from '../posts/post.model';
import { SyncRun } from '../sync/sync-run.model';
import { readChangeFeed } from './change-feed';
import { type CurrencySum, liveCounts, type MemberFigures, memberFigures, nearlyFullTiers } from './figures.service';
import { growthChart, movementsChart } from './member-charts.service';

const RECENT = 5;
const CHANGES_SHOWN = 6;
const TIERS_SHOWN = 5;
const CAMPAIGNS_SHOWN = 12;

/** What the first page shows, as its reader may see it: nothing in it grows with the number of members. */
export async function readDashboard(req: Request, context: Context) {
  const { knex, clock } = context;
  const now = clock.now();
  const words = { t: req.t, format: createFormat(req.locale) };
  const [
    counts,
    members,
    usage,
    campaigns,
    newest,
    posts,
    full,
    lastRun,
    connections,
    feed,
    growth,
    movements,
    views,
    ignored,
    waiting,
  ] = await Promise.all([
    liveCounts(knex),
    memberFigures(knex, now),
    requestUsage(context),
    PatreonCampaign.listChoices(knex, CAMPAIGNS_SHOWN),
    PatreonMember.listNewest(RECENT, knex),
    PatreonPost.listLatest(RECENT, knex),
    nearlyFullTiers(knex, TIERS_SHOWN),
    SyncRun.query(knex).where({ state: 'succeeded' }).orderBy('id', 'desc').first(),
    connectionStatuses(context),
    readChangeFeed(req, knex, { limit: CHANGES_SHOWN }),
    growthChart(words, now, knex),
    movementsChart(words, now, knex),
    req.staff ? MemberView.listTabs({ staffId: req.staff.id, seesEmail: req.can('members.email') }, knex) : [],
    IgnoredCampaign.list(knex, 1),
    req.can('posts.write') ? countWaitingDrafts(knex) : [],
  ]);
  return {
    connections,
    counts,
    areIgnored: ignored.length > 0,
    members: req.can('money.read') ? members : withoutMoney(members),
    usage,
    campaigns: campaigns.map((campaign) => ({ id: campaign.id, name: campaignName(campaign) })),
    newest,
    posts,
    full,
    feed,
    waiting,
    growth,
    movements,
    views: views.map(({ name, query }) => ({ name, href: `/patreon/members/?${query}` })),
    dataThrough: lastRun?.finished_at ?? null,
  };
}

function withoutMoney(members: MemberFigures): MemberFigures {
  const none: CurrencySum[] = [];
  const { counted } = members;
  return {
    ...members,
    monthly: none,
    counted: counted && { ...counted, atRisk: none, charges: { ...counted.charges, sums: none } },
  };
}
