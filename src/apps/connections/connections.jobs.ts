import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Config } from '../../config';
import { defineJob } from '../../jobs/job';
import { forgetOldRecords } from './housekeeping.service';
import { refreshDueTokens } from './token.service';

export const connectionsJobs = [
  defineJob({
    name: 'refresh-tokens',
    arguments: z.object({}),
    schedule: (config) => `${minuteOf(config)} * * * *`,
    async run(context) {
      const tokens = await refreshDueTokens(context);
      await forgetOldRecords(context);
      return tokens;
    },
  }),
];

/** A minute that differs between installations, so that they do not all ask Patreon at the same one. */
function minuteOf({ http }: Config): number {
  return (createHash('sha256').update(http.publicUrl).digest()[0] ?? 0) % 60;
}
