import { z } from 'zod';
import { defineJob } from '../../jobs/job';
import { removeDeletedNotes } from './note.service';

export const noteJobs = [
  defineJob({
    name: 'remove-deleted-notes',
    arguments: z.object({}),
    schedule: () => '41 * * * *',
    run: async (context) => ({ removed: await removeDeletedNotes(context) }),
  }),
];
