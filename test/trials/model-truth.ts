import type { MirrorRig } from './mirror-rig';

export type Listed = 'members' | 'posts' | 'tiers';

interface Absence {
  from: number;
  to: number;
}

/** What the trial knows of the sandbox: who is there, who is not, and since which moment of the sequence. */
export class ModelTruth {
  readonly here: Record<Listed, string[]> = { members: [], posts: [], tiers: [] };
  readonly away: Record<Listed, string[]> = { members: [], posts: [], tiers: [] };
  /** How often each member has changed so far. */
  private readonly versions = new Map<string, number>();
  private readonly absences = new Map<string, Absence[]>();
  private changes = 0;

  private constructor(
    private readonly rig: MirrorRig,
    private readonly now: () => number,
  ) {}

  static async of(rig: MirrorRig, now: () => number): Promise<ModelTruth> {
    const truth = new ModelTruth(rig, now);
    for (const resource of ['members', 'posts', 'tiers'] as const) truth.here[resource] = await rig.idsOf(resource);
    return truth;
  }

  versionOf(memberId: string): number {
    return this.versions.get(memberId) ?? 0;
  }

  wasAway(resource: Listed, id: string, since: number): boolean {
    return (this.absences.get(`${resource} ${id}`) ?? []).some(({ to }) => to >= since);
  }

  async edit(resource: Listed, id: string, attributes: object): Promise<void> {
    await this.rig.change(`/${resource}/${id}`, { attributes });
    this.touch(id);
  }

  async add(resource: 'members' | 'posts', body: object): Promise<string> {
    const id = await this.rig.change(`/${resource}`, body);
    this.here[resource].push(id);
    this.touch(id);
    return id;
  }

  async remove(resource: Listed, id: string): Promise<void> {
    await this.rig.change(`/${resource}/${id}`, { removed: true });
    this.here[resource] = this.here[resource].filter((one) => one !== id);
    this.away[resource].push(id);
    const key = `${resource} ${id}`;
    this.absences.set(key, [...(this.absences.get(key) ?? []), { from: this.now(), to: Number.POSITIVE_INFINITY }]);
    this.touch(id);
    if (resource === 'tiers') this.touchEverybody();
  }

  async bringBack(resource: Listed, id: string): Promise<void> {
    await this.rig.change(`/${resource}/${id}`, { removed: false });
    this.away[resource] = this.away[resource].filter((one) => one !== id);
    this.here[resource].push(id);
    const last = this.absences.get(`${resource} ${id}`)?.at(-1);
    if (last) last.to = this.now();
    this.touch(id);
    if (resource === 'tiers') this.touchEverybody();
  }

  /** A number that was not there before. */
  next(): number {
    this.changes += 1;
    return this.changes;
  }

  private touch(id: string): void {
    this.versions.set(id, this.versionOf(id) + 1);
  }

  /** Members tell which tiers they are entitled to, so theirs are other records as well. */
  private touchEverybody(): void {
    for (const id of [...this.here.members, ...this.away.members]) this.touch(id);
  }
}
