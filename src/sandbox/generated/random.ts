/** Mixes numbers into one well-spread unsigned 32-bit number; the same numbers always give the same result. */
export function mix(...numbers: number[]): number {
  let hash = 0x9e3779b9;
  for (const number of numbers) {
    // A number above 32 bits counts with both halves.
    hash = round(hash ^ (number >>> 0));
    hash = round(hash ^ Math.floor(number / 4_294_967_296));
  }
  return hash;
}

function round(value: number): number {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) + 0x9e3779b9) >>> 0;
}

/** A small seeded generator (mulberry32): quick to start, so that each member can have one of their own. */
export class Random {
  private state: number;

  constructor(...seed: number[]) {
    this.state = mix(...seed);
  }

  /** At least 0, below 1. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** A whole number, both ends included. */
  int(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(values: readonly T[]): T {
    const value = values[Math.floor(this.next() * values.length)];
    if (value === undefined) throw new Error('Cannot pick from an empty list.');
    return value;
  }
}
