import { SYSTEM } from '../../src/apps/accounts/audit.service';
import { applyHeldRun } from '../../src/apps/sync/held-runs.service';
import type { MirrorRig } from './mirror-rig';

export interface KillScenario {
  name: string;
  /** Whether people come, go and change while the pages are read. */
  isLive: boolean;
  /** Leaves a run that waits to be executed, and answers its id. */
  prepare(rig: MirrorRig): Promise<number>;
}

const TEN_PAGES = { members: 100, posts: 25, perPage: 10, seed: 7 };
const MEMBERS = 'GET /api/oauth2/v2/campaigns/{id}/members';

const first = async (rig: MirrorRig) => {
  await rig.begin(TEN_PAGES);
  return (await rig.request()).runId;
};

const again = async (rig: MirrorRig) => {
  await rig.begin(TEN_PAGES);
  await rig.sync();
  const members = await rig.idsOf('members');
  for (const id of members.slice(3, 18)) await rig.change(`/members/${id}`, { attributes: { note: 'Changed' } });
  for (const id of members.slice(40, 45)) await rig.change(`/members/${id}`, { removed: true });
  for (const position of ['start', 'end', 'start', 'end', 'end']) await rig.change('/members', { position });
  const [post, lastPost] = await rig.idsOf('posts');
  await rig.change(`/posts/${post}`, { attributes: { title: 'Changed' } });
  await rig.change(`/posts/${lastPost}`, { removed: true });
  const [tier] = await rig.idsOf('tiers');
  await rig.change(`/tiers/${tier}`, { removed: true });
  return (await rig.request()).runId;
};

const live = (prepare: KillScenario['prepare']) => async (rig: MirrorRig) => {
  const runId = await prepare(rig);
  await rig.control.mutate({ match: MEMBERS, times: null, joins: 1, leaves: 1, changes: 3, returns: 1, seed: 5 });
  return runId;
};

const applied = async (rig: MirrorRig) => {
  await rig.begin(TEN_PAGES);
  await rig.sync();
  const members = await rig.idsOf('members');
  for (const id of members.slice(0, 25)) await rig.change(`/members/${id}`, { removed: true });
  for (const id of members.slice(30, 40)) await rig.change(`/members/${id}`, { attributes: { note: 'Changed' } });
  const { runId, state } = await rig.sync();
  if (state !== 'held') throw new Error(`The run that should wait for the owner ended ${state}`);
  await applyHeldRun(rig.context, runId, SYSTEM);
  return runId;
};

/** So many that a second pass has to confirm it, of so many that it may be believed. */
const manyGone = async (rig: MirrorRig) => {
  await rig.begin({ members: 620, posts: 1, perPage: 62, seed: 7 });
  await rig.sync();
  for (const id of (await rig.idsOf('members')).slice(100, 155)) await rig.change(`/members/${id}`, { removed: true });
  return (await rig.request()).runId;
};

export const KILL_SCENARIOS: readonly KillScenario[] = [
  { name: 'first sync', isLive: false, prepare: first },
  { name: 'first sync while people come and go', isLive: true, prepare: live(first) },
  { name: 'later sync', isLive: false, prepare: again },
  { name: 'later sync while people come and go', isLive: true, prepare: live(again) },
  { name: 'held run that is applied', isLive: false, prepare: applied },
  { name: 'many gone, confirmed by a second pass', isLive: false, prepare: manyGone },
];
