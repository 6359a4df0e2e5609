import { z } from 'zod';
import { listFilters } from '../../http/list-query';
import { BENEFIT_STATES } from './benefit.model';
import { PLACES, PUBLISHED_STATES } from './tier.model';

export const campaignFilters = z.object({ gone: listFilters.gone });

/** An empty field of the filter form means "any". */
const oneOf = <const V extends readonly [string, ...string[]]>(values: V, message: string) =>
  z.preprocess((value) => (value === '' ? undefined : value), z.enum(values, message).optional());

export const tierFilters = z.object({
  campaign: listFilters.id('campaign'),
  q: listFilters.q,
  published: oneOf(PUBLISHED_STATES, 'tierDetails:problem.published'),
  places: oneOf(PLACES, 'tierDetails:problem.places'),
  gone: listFilters.gone,
});

export const benefitFilters = z.object({
  campaign: listFilters.id('campaign'),
  q: listFilters.q,
  state: oneOf(BENEFIT_STATES, 'tierDetails:problem.state'),
});
