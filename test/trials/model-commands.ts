import fc from 'fast-check';
import type { Slow } from './actor';
import type { World } from './mirror-rig';

/** Often one of the first, so that reads and changes meet. */
const pick = fc.oneof(fc.nat({ max: 1 }), fc.nat({ max: 1_000 }));

/** What may happen to a mirror. `who` and `which` choose among those that there are at the time. */
export type Command =
  | { does: 'change'; who: number; what: number; hinted: boolean }
  | { does: 'add'; start: boolean; hinted: boolean }
  | { does: 'remove'; who: number; hinted: boolean }
  | { does: 'return'; who: number; hinted: boolean }
  | { does: 'post'; who: number; what: number }
  | { does: 'tier'; who: number; what: number }
  | { does: 'exodus'; declines: boolean }
  | { does: 'sync'; slow: Slow; crashAfter: number | null }
  | { does: 'step'; which: number; times: number }
  | { does: 'hint'; slow: Slow; who: number }
  | { does: 'stall' }
  | { does: 'crash'; which: number }
  | { does: 'stop'; which: number }
  | { does: 'cancel' }
  | { does: 'decide'; apply: boolean }
  | { does: 'expire'; known: boolean }
  | { does: 'revoke' }
  | { does: 'reconnect' }
  | { does: 'hour' };

type Of<Name extends Command['does']> = Extract<Command, { does: Name }>;
const does = <Name extends Command['does']>(
  name: Name,
  rest: { [Key in keyof Omit<Of<Name>, 'does'>]: fc.Arbitrary<Of<Name>[Key]> },
): fc.Arbitrary<Command> => fc.record({ does: fc.constant(name), ...rest }) as unknown as fc.Arbitrary<Command>;

/** Webhooks get lost: what no webhook tells shows whether the reads alone are put in the right order. */
const hinted = fc.nat({ max: 9 }).map((n) => n < 4);
const slow = fc.constantFrom<Slow>('nothing', 'members', 'members', 'members', 'everything');
const crashAfter = fc.oneof(
  { weight: 3, arbitrary: fc.constant(null) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 24 }) },
);

const command = fc.oneof(
  { weight: 12, arbitrary: does('change', { who: pick, what: pick, hinted }) },
  { weight: 3, arbitrary: does('add', { start: fc.boolean(), hinted }) },
  { weight: 4, arbitrary: does('remove', { who: pick, hinted }) },
  { weight: 2, arbitrary: does('return', { who: pick, hinted }) },
  { weight: 1, arbitrary: does('post', { who: pick, what: pick }) },
  { weight: 1, arbitrary: does('tier', { who: pick, what: pick }) },
  { weight: 2, arbitrary: does('exodus', { declines: fc.boolean() }) },
  { weight: 7, arbitrary: does('sync', { slow, crashAfter }) },
  { weight: 16, arbitrary: does('step', { which: pick, times: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 12, arbitrary: does('hint', { slow, who: pick }) },
  { weight: 3, arbitrary: fc.constant<Command>({ does: 'stall' }) },
  { weight: 1, arbitrary: does('crash', { which: pick }) },
  { weight: 1, arbitrary: does('stop', { which: pick }) },
  { weight: 1, arbitrary: fc.constant<Command>({ does: 'cancel' }) },
  { weight: 2, arbitrary: does('decide', { apply: fc.boolean() }) },
  { weight: 1, arbitrary: does('expire', { known: fc.boolean() }) },
  { weight: 1, arbitrary: fc.constant<Command>({ does: 'revoke' }) },
  { weight: 1, arbitrary: fc.constant<Command>({ does: 'reconnect' }) },
  { weight: 1, arbitrary: fc.constant<Command>({ does: 'hour' }) },
);

export interface Sequence {
  world: World & { synced: boolean };
  commands: Command[];
}

/** Most begin with a run whose pages can be met on their way. */
const SLOW_SYNC: Command = { does: 'sync', slow: 'members', crashAfter: null };

const seed = fc.integer({ min: 1, max: 10_000 });
/** So few that pages, members and reads meet often; in one of six so many that the brake matters. */
const fewMembers = fc.record({
  members: fc.oneof(fc.integer({ min: 3, max: 6 }), fc.integer({ min: 3, max: 15 })),
  posts: fc.integer({ min: 1, max: 3 }),
  perPage: fc.integer({ min: 2, max: 4 }),
  seed,
});
const manyMembers = fc.record({
  members: fc.integer({ min: 26, max: 40 }),
  posts: fc.constant(1),
  perPage: fc.constant(10),
  seed,
});

export const sequences: fc.Arbitrary<Sequence> = fc.record({
  world: fc
    .tuple(
      fc.oneof({ weight: 5, arbitrary: fewMembers }, { weight: 1, arbitrary: manyMembers }),
      fc.nat({ max: 7 }).map((n) => n > 0),
    )
    .map(([world, synced]) => ({ ...world, synced })),
  commands: fc
    .tuple(fc.nat({ max: 2 }), fc.array(command, { minLength: 5, maxLength: 40, size: 'max' }))
    .map(([n, list]) => (n > 0 ? [SLOW_SYNC, ...list] : list)),
});
