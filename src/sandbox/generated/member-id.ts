import { mix } from './random';

/** Odd, so that multiplying by it modulo 2^32 can be undone by multiplying by its inverse. */
const SCRAMBLE = 0x9e3779b1;
const UNSCRAMBLE = 0x0e8b2f51;

const hex = (number: number): string => number.toString(16).padStart(8, '0');

/** The UUID of a member. Its first part hides the index, so that a member can be found without a table of all ids. */
export function memberId(seed: number, index: number): string {
  const first = (Math.imul(index, SCRAMBLE) ^ seed) >>> 0;
  const second = hex(mix(seed, index, 5));
  const third = hex(mix(seed, index, 6));
  const variant = '89ab'[mix(seed, index, 7) % 4];
  const fourth = hex(mix(seed, index, 8));
  return `${hex(first)}-${second.slice(0, 4)}-4${second.slice(5)}-${variant}${third.slice(0, 3)}-${third.slice(3)}${fourth.slice(1)}`;
}

/** The index of a member of this seed; undefined for any other id. */
export function memberIndex(seed: number, id: string): number | undefined {
  if (!/^[0-9a-f]{8}-/.test(id)) return undefined;
  const index = Math.imul((Number.parseInt(id.slice(0, 8), 16) ^ seed) >>> 0, UNSCRAMBLE) >>> 0;
  return memberId(seed, index) === id ? index : undefined;
}
