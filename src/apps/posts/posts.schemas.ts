import { z } from 'zod';
import { listFilters } from '../../http/list-query';
import { AUDIENCES } from './post.model';

export const postFilters = z.object({
  campaign: listFilters.id('campaign'),
  tier: listFilters.id('tier'),
  audience: listFilters.oneOf('audience', AUDIENCES),
  q: listFilters.q,
  gone: listFilters.gone,
});
