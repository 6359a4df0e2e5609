import { Router } from 'express';
import { z } from 'zod';
import type { Context } from '../../context';
import { ValidationError } from '../../errors';
import { allow } from '../../http/allow';
import { listFilters } from '../../http/list-query';
import { parseForm } from '../../http/parse';
import { searchEverything } from './search.service';

const searchQuery = z.object({ q: listFilters.q });

/** The search that stands above every page. */
export function searchRoutes({ knex }: Context): Router {
  const router = Router();

  router.get('/search/', allow('members.read'), async (req, res) => {
    const shown = typeof req.query.q === 'string' ? req.query.q.slice(0, 100) : '';
    const locals = { title: req.t('search:title'), searchQuery: shown, q: '', found: null, parameterErrors: [] };
    try {
      const { q = '' } = parseForm(searchQuery, req.query);
      const found = q === '' ? null : await searchEverything({ q, seesEmail: req.can('members.email') }, knex);
      res.view('insight/search', { ...locals, q, found, seesEmail: req.can('members.email') });
    } catch (error) {
      if (!(error instanceof ValidationError)) throw error;
      res.view('insight/search', { ...locals, parameterErrors: Object.values(error.fields) }, { status: 400 });
    }
  });

  return router;
}
