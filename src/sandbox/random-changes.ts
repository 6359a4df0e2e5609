import { addResource, changeResource } from './changes';
import { dateTime } from './clock';
import { memberId } from './generated/member-id';
import { mix, Random } from './generated/random';
import type { ListedType } from './population';
import type { Attributes, Resource } from './resource';
import type { SandboxState } from './state';

export interface ChangeCounts {
  joins: number;
  leaves: number;
  changes: number;
  returns: number;
}

interface Target {
  type: ListedType;
  campaign: Resource;
  seed: number[];
}

interface Wanted extends Partial<ChangeCounts> {
  done: ChangeCounts;
  left: string[];
}

const AMOUNTS = [300, 500, 800, 1200, 2500];

/** Lets people join, leave, change and come back, picked by the seed; for posts: publishes, removes and edits. */
export function applyRandomChanges(state: SandboxState, target: Target, wanted: Wanted): void {
  const random = new Random(...target.seed);
  const types = `${target.type}s`;
  const repeat = (name: keyof ChangeCounts, act: (turn: number) => boolean): void => {
    for (let turn = 1; turn <= (wanted[name] ?? 0); turn += 1) if (act(turn)) wanted.done[name] += 1;
  };
  repeat('joins', (turn) => {
    addResource(state, types, newcomer(state, target, random, turn));
    return true;
  });
  repeat('returns', () => {
    const id = wanted.left.shift();
    if (id !== undefined) changeResource(state, types, id, { removed: false });
    return id !== undefined;
  });
  repeat('leaves', () => {
    const id = anyone(state, target, random)?.id;
    if (id === undefined) return false;
    changeResource(state, types, id, { removed: true });
    wanted.left.push(id);
    return true;
  });
  repeat('changes', (turn) => {
    const resource = anyone(state, target, random);
    if (resource === undefined) return false;
    changeResource(state, types, resource.id, { attributes: change(target, random, turn) });
    return true;
  });
}

function anyone({ world }: SandboxState, { type, campaign }: Target, random: Random): Resource | undefined {
  const count = world.count(type, campaign.id);
  return count === 0 ? undefined : world.page(type, campaign.id, random.int(0, count - 1), 1)[0];
}

function newcomer({ clock }: SandboxState, { type, campaign, seed }: Target, random: Random, turn: number) {
  const number = mix(...seed, turn);
  const id = type === 'member' ? memberId(mix(...seed), turn) : String(1_000_000_000_000 + number);
  const position = random.chance(0.5) ? 'start' : 'end';
  const place = { id, campaign_id: campaign.id, position };
  if (type === 'post') return { ...place, attributes: { title: `Post ${number}` } };
  return { ...place, attributes: { full_name: `Newcomer ${number}`, ...firstPayment(random, clock.now()) } };
}

function firstPayment(random: Random, now: number): Attributes {
  if (random.chance(0.5)) return {};
  const cents = random.pick(AMOUNTS);
  return {
    ...pledge(cents),
    patron_status: 'active_patron',
    last_charge_status: 'Paid',
    last_charge_date: dateTime(now),
  };
}

const pledge = (cents: number): Attributes => ({
  currently_entitled_amount_cents: cents,
  will_pay_amount_cents: cents,
  pledge_cadence: 1,
});

/** Always something that was not there before. */
function change({ type, seed }: Target, random: Random, turn: number): Attributes {
  const mark = [...seed, turn].join('.');
  if (type === 'post') return { title: `Edited ${mark}` };
  return random.chance(0.5) ? { note: `Noted ${mark}` } : { note: `Raised ${mark}`, ...pledge(random.pick(AMOUNTS)) };
}
