import { z } from 'zod';
import { listFilters } from '../../http/list-query';

export const campaignFilters = z.object({ gone: listFilters.gone });

export const tierFilters = z.object({
  campaign: listFilters.id('campaign'),
  q: listFilters.q,
  gone: listFilters.gone,
});
