import { addResource, changeResource } from './changes';
import type { MutationBody } from './control-bodies';
import { applyRandomChanges, type ChangeCounts } from './random-changes';
import type { SandboxState } from './state';
import { type Strike, Strikes, type Visit } from './strikes';

interface PlannedMutation extends MutationBody {
  /** What was done so far. */
  done: ChangeCounts;
  /** Edits that could not be made, in words. */
  failures: string[];
  /** Ids of those who left by this mutation and may come back. */
  left: string[];
}

/** Changes that happen while somebody reads. */
export class Mutations extends Strikes<PlannedMutation> {}

export function addMutation({ mutations }: SandboxState, body: MutationBody): Strike<PlannedMutation> {
  return mutations.add({ ...body, done: { joins: 0, leaves: 0, changes: 0, returns: 0 }, failures: [], left: [] });
}

/** Makes the changes that wait for this moment of this request. */
export function applyMutations(state: SandboxState, moment: MutationBody['moment'], visit: Visit): void {
  for (const mutation of state.mutations.takeAll(visit, (one) => one.moment === moment)) {
    for (const edit of mutation.edits) applyEdit(state, edit, mutation.failures);
    const campaignId = mutation.campaign_id ?? /\/campaigns\/([^/]+)/.exec(visit.path)?.[1];
    const campaign = campaignId === undefined ? state.world.campaigns()[0] : state.world.campaign(campaignId);
    if (campaign === undefined) continue;
    const type = visit.path.endsWith('/posts') ? 'post' : 'member';
    applyRandomChanges(state, { type, campaign, seed: [mutation.seed, mutation.id, mutation.struck] }, mutation);
  }
}

function applyEdit(state: SandboxState, { path, body }: MutationBody['edits'][number], failures: string[]): void {
  const [, types = '', id] = path.split('/');
  try {
    if (id === undefined) addResource(state, types, body);
    else changeResource(state, types, id, body);
  } catch (error) {
    // The reader must not be refused for it.
    failures.push(error instanceof Error ? error.message : String(error));
  }
}
