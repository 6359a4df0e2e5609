import { Router } from 'express';
import { z } from 'zod';
import type { Context } from '../../context';
import { allow } from '../../http/allow';
import { parseForm } from '../../http/parse';
import { changesAddress, readChangeFeed } from './change-feed';

const CHANGES_PER_PAGE = 25;
const CHANGES_ON_DASHBOARD = 6;
/** Half an hour: a page that nobody looks at must not keep its session open. */
const ROUNDS = 60;

const latestQuery = z.object({
  round: z
    .string('list:problem.page')
    .regex(/^\d{1,3}$/, 'list:problem.page')
    .transform(Number)
    .default(ROUNDS),
});

const query = z.object({
  before: z
    .string('list:problem.page')
    .regex(/^[1-9]\d{0,14}$/, 'list:problem.page')
    .transform(Number)
    .optional(),
  only: z.enum(['departures'], 'insight:changes.unknownOnly').optional(),
  since: z.iso.date('insight:changes.unknownDay').optional(),
});

/** What changed on Patreon last, over all records. */
export function changesRoutes({ knex }: Context): Router {
  const router = Router();

  router.get('/patreon/changes/', allow('members.read'), async (req, res) => {
    const { before, only, since } = parseForm(query, req.query);
    const isDeparture = only === 'departures';
    const title = req.t(`insight:changes.${isDeparture ? 'departures' : 'title'}`);
    res.view('insight/changes', {
      title,
      section: 'dashboard',
      breadcrumbs: [{ label: req.t('shared:nav.dashboard'), href: '/patreon/' }, { label: title }],
      isDeparture,
      since: since ?? null,
      feed: await readChangeFeed(req, knex, { limit: CHANGES_PER_PAGE, before, isDeparture, since }),
      newest: before === undefined ? null : changesAddress({ isDeparture, since }),
    });
  });

  // The part of the dashboard that asks for itself again; whoever opens the address gets the page of all changes.
  router.get('/patreon/changes/latest/', allow('members.read'), async (req, res) => {
    const { round } = parseForm(latestQuery, req.query);
    const feed = await readChangeFeed(req, knex, { limit: CHANGES_ON_DASHBOARD });
    const nextRound = round < ROUNDS ? round + 1 : null;
    const locals = {
      title: req.t('insight:changes.title'),
      section: 'dashboard',
      feed,
      nextRound,
      isDeparture: false,
      since: null,
      newest: null,
    };
    res.view('insight/changes', locals, { fragment: 'insight/_feed' });
  });

  return router;
}
