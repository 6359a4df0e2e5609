import type { Resource } from './resource';

export type ListEnd = 'start' | 'end';

/** What was done to one list of the population since the sandbox started. */
export class ListChanges {
  /** Indexes of removed entries of the population, ascending. */
  readonly removed: number[] = [];
  private readonly added: Record<ListEnd, Resource[]> = { start: [], end: [] };

  count(populationCount: number): number {
    return populationCount - this.removed.length + this.added.start.length + this.added.end.length;
  }

  add(resource: Resource, position: ListEnd): void {
    if (position === 'start') this.added.start.unshift(resource);
    else this.added.end.push(resource);
  }

  /** Takes out an entry that was added. */
  drop(resource: Resource): void {
    for (const list of Object.values(this.added)) {
      const index = list.indexOf(resource);
      if (index >= 0) list.splice(index, 1);
    }
  }

  remove(index: number): void {
    if (this.removed.includes(index)) return;
    this.removed.push(index);
    this.removed.sort((a, b) => a - b);
  }

  restore(index: number): void {
    const position = this.removed.indexOf(index);
    if (position >= 0) this.removed.splice(position, 1);
  }

  /** A part of the changed list; `at` reads an entry of the population. */
  page(offset: number, count: number, populationCount: number, at: (index: number) => Resource): Resource[] {
    const { start, end } = this.added;
    const page = start.slice(offset, offset + count);
    const kept = populationCount - this.removed.length;
    const from = Math.max(0, offset - start.length);
    for (const index of this.keptIndexes(from, Math.min(count - page.length, kept - from))) page.push(at(index));
    const endFrom = Math.max(0, from - kept);
    return [...page, ...end.slice(endFrom, endFrom + count - page.length)];
  }

  /** Indexes in the population of `count` entries, counted without the removed ones. */
  private *keptIndexes(from: number, count: number): Generator<number> {
    let index = from;
    let next = 0;
    for (let found = 0; found < count; index += 1) {
      for (; (this.removed[next] ?? Number.POSITIVE_INFINITY) <= index; next += 1) index += 1;
      yield index;
      found += 1;
    }
  }
}
