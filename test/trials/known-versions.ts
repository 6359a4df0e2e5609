import type { Actor } from './actor';

const LIST = /\/campaigns\/[^/]+\/members\?/;
const SINGLE = /\/members\/([^/?]+)/;

/**
 * Which version of each member the mirror must know: the newest that Patreon told in an answer whose reader came to a good
 * end. It counts what was told when Patreon worked the answer out, not when it was asked or arrived.
 */
export class KnownVersions {
  private readonly told = new Map<Actor, Map<string, number>>();
  private readonly known = new Map<string, number>();

  constructor(private readonly versionOf: (memberId: string) => number) {}

  note(actor: Actor, path: string, body: string): void {
    const single = SINGLE.exec(path)?.[1];
    const isList = LIST.test(path);
    if (single === undefined && !isList) return;
    // A list that is begun again need not meet the same members.
    const isFirstPage = isList && !decodeURIComponent(path).includes('page[cursor]');
    const told = (!isFirstPage && this.told.get(actor)) || new Map<string, number>();
    for (const id of single === undefined ? idsIn(body) : [single]) told.set(id, this.versionOf(id));
    this.told.set(actor, told);
  }

  /** The reader has come to its end. */
  settle(actor: Actor, isGood: boolean): void {
    if (isGood)
      for (const [id, version] of this.told.get(actor) ?? [])
        this.known.set(id, Math.max(version, this.known.get(id) ?? 0));
    this.told.delete(actor);
  }

  /** Whether the mirror was told everything of this member. */
  isCurrent(memberId: string): boolean {
    return this.known.get(memberId) === this.versionOf(memberId);
  }
}

function idsIn(body: string): string[] {
  const { data } = JSON.parse(body) as { data?: { id: string }[] };
  return Array.isArray(data) ? data.map(({ id }) => id) : [];
}
