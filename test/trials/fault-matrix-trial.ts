import type { FaultKind } from '../../src/sandbox/faults';
import { contradictionsInChanges } from './change-history';
import { MirrorRig } from './mirror-rig';
import { describeDifference, differencesFromTruth } from './mirror-truth';
import { shortenTime } from './short-time';

interface MatrixFault {
  kind: FaultKind;
  /** What it is called in the table, where the kind alone does not tell. */
  name?: string;
  options?: object;
  /** Once, it is over before anybody has to notice: the run ends complete. */
  isTransient: boolean;
}

export const MATRIX_FAULTS: readonly MatrixFault[] = [
  { kind: '429', isTransient: true },
  { kind: '429', name: '429 with an odd wait', options: { retry_after_seconds: 'soon' }, isTransient: true },
  { kind: '429', name: '429 without a wait', options: { retry_after_seconds: null }, isTransient: true },
  { kind: '500', isTransient: true },
  { kind: '502', isTransient: true },
  { kind: '503', isTransient: true },
  { kind: '504', isTransient: true },
  { kind: '401', isTransient: true },
  { kind: '403', isTransient: false },
  { kind: '404', isTransient: false },
  { kind: 'truncated', isTransient: true },
  { kind: 'html', isTransient: false },
  { kind: 'html-200', isTransient: true },
  { kind: 'empty', isTransient: true },
  { kind: 'disconnect', isTransient: true },
  { kind: 'reset', isTransient: true },
  { kind: 'silence', isTransient: true },
  { kind: 'slow', options: { delay_ms: 60 }, isTransient: true },
  { kind: 'slow-body', options: { bytes_per_second: 400_000 }, isTransient: true },
  { kind: 'held-answer', options: { delay_ms: 60 }, isTransient: true },
  { kind: 'expired-cursor', isTransient: true },
  { kind: 'looping-cursor', isTransient: false },
  { kind: 'renewing-cursor', isTransient: false },
  { kind: 'missing-cursor', isTransient: false },
  { kind: 'null-cursor', isTransient: false },
  { kind: 'short-page', isTransient: true },
  { kind: 'short-page', name: 'an empty page with a cursor', options: { count: 0 }, isTransient: false },
  { kind: 'repeated-items', isTransient: true },
  { kind: 'vanished-list', isTransient: false },
  { kind: 'vanished-list', name: 'vanished list, total kept', options: { keeps_total: true }, isTransient: false },
  { kind: 'revoked-token', isTransient: false },
];

const PAGES = { first: 1, middle: 3, last: 5 } as const;
const TIMES = { once: 1, 'three times': 3, 'for ever': null } as const;
type PageName = keyof typeof PAGES;
type TimesName = keyof typeof TIMES;

export interface MatrixCell {
  fault: string;
  page: PageName;
  times: TimesName;
  live: boolean;
  state: string;
  complete: boolean;
  requests: number;
  falseGone: number;
  converged: boolean;
}

export interface MatrixOptions {
  faults?: readonly MatrixFault[];
  pages?: readonly PageName[];
  times?: readonly TimesName[];
  /** Whether members also join, leave and change while the pages are read. */
  live?: readonly boolean[];
  onCell?(cell: MatrixCell): void;
}

const WORLD = { members: 48, posts: 2, perPage: 10, seed: 11 };
const MEMBERS = 'GET /api/oauth2/v2/campaigns/{id}/members';
/** A run of five pages needs eight requests and four single reads; each may be tried six times, a whole list twice. */
const MOST_REQUESTS = 60;

/** Every fault on every page, once, three times and for ever. */
export async function faultMatrixTrial(
  databaseUrl: string,
  options: MatrixOptions = {},
): Promise<{ cells: MatrixCell[]; violations: string[] }> {
  const rig = await MirrorRig.start(databaseUrl, 0);
  const restore = shortenTime();
  const cells: MatrixCell[] = [];
  const violations: string[] = [];
  try {
    for (const cell of cellsOf(options)) {
      const matrix = new MatrixRun(rig, cell);
      const result = await matrix.execute();
      cells.push(result);
      options.onCell?.(result);
      const told = `${result.fault}, ${result.page} page, ${result.times}${result.live ? ', live' : ''}`;
      violations.push(...matrix.violations.map((words) => `${told}: ${words}`));
    }
    return { cells, violations };
  } finally {
    restore();
    await rig.close();
  }
}

interface Cell {
  fault: MatrixFault;
  page: PageName;
  times: TimesName;
  isLive: boolean;
}

function cellsOf({ faults = MATRIX_FAULTS, pages, times, live = [false, true] }: MatrixOptions): Cell[] {
  return faults.flatMap((fault) =>
    (pages ?? (Object.keys(PAGES) as PageName[])).flatMap((page) =>
      (times ?? (Object.keys(TIMES) as TimesName[])).flatMap((often) =>
        live.map((isLive) => ({ fault, page, times: often, isLive })),
      ),
    ),
  );
}

class MatrixRun {
  readonly violations: string[] = [];

  constructor(
    private readonly rig: MirrorRig,
    private readonly cell: Cell,
  ) {}

  async execute(): Promise<MatrixCell> {
    const { rig, violations } = this;
    const { fault, page, times, isLive } = this.cell;
    const { knex } = rig.context;
    await this.prepare();
    const { runId, state } = await rig.sync();
    const { requests } = await rig.control.report();
    const falseGone = await this.falseGone();
    const complete = await this.isComplete(runId);
    this.judge({ state, complete, requests, falseGone });
    await rig.control.reset();
    await knex('rate_limits').delete();
    await rig.reconnect();
    const next = await rig.sync();
    const differences = await differencesFromTruth(knex, rig.sandbox.url);
    const converged = next.state === 'succeeded' && differences.length === 0;
    if (!converged) violations.push(`the run after it ended ${next.state}`);
    violations.push(...differences.slice(0, 5).map(describeDifference), ...(await contradictionsInChanges(knex)));
    const { name = fault.kind } = fault;
    return { fault: name, page, times, live: isLive, state, complete, requests, falseGone, converged };
  }

  /** A mirror that knows everybody; then a few left, joined and changed, and trouble begins. */
  private async prepare(): Promise<void> {
    const { rig } = this;
    const { fault, page, times, isLive } = this.cell;
    await rig.begin(WORLD);
    await rig.sync();
    const members = await rig.idsOf('members');
    for (const id of [members[2], members[30]]) await rig.change(`/members/${id}`, { removed: true });
    for (const id of members.slice(10, 13)) await rig.change(`/members/${id}`, { attributes: { note: 'Changed' } });
    await rig.change('/members', { position: 'end' });
    await rig.control.resetReport();
    if (isLive) await rig.control.mutate({ match: MEMBERS, times: 4, joins: 1, leaves: 1, changes: 2, seed: 3 });
    await rig.control.fault({
      match: MEMBERS,
      kind: fault.kind,
      page: PAGES[page],
      times: TIMES[times],
      ...fault.options,
    });
  }

  private judge({
    state,
    complete,
    requests,
    falseGone,
  }: Pick<MatrixCell, 'state' | 'complete' | 'requests' | 'falseGone'>) {
    const { fault, times, isLive } = this.cell;
    const { violations } = this;
    if (falseGone > 0) violations.push(`${falseGone} members are called gone who are there`);
    if (requests > MOST_REQUESTS) violations.push(`${requests} requests`);
    if (!['succeeded', 'partial', 'failed', 'held'].includes(state)) violations.push(`the run ended ${state}`);
    if (times === 'once' && fault.isTransient && !isLive && !(state === 'succeeded' && complete))
      violations.push(`the run ended ${state}, ${complete ? 'complete' : 'not complete'}`);
  }

  /** Members that are marked as gone and were never away. */
  private async falseGone(): Promise<number> {
    const { rig } = this;
    const gone = await rig.context.knex('patreon_members').whereNotNull('gone_at').pluck('patreon_id');
    const here = new Set(await rig.idsOf('members'));
    return gone.filter((id) => here.has(id)).length;
  }

  private async isComplete(runId: number): Promise<boolean> {
    const part = await this.rig.context
      .knex('sync_run_resources')
      .where({ run_id: runId, resource: 'members' })
      .first('complete');
    return part?.complete === true;
  }
}

/** The cells as a table, one line for each fault and page. */
export function matrixTable(cells: readonly MatrixCell[]): string {
  const short = (cell: MatrixCell) => `${cell.state}${cell.complete ? ' (complete)' : ''}, ${cell.requests}`;
  const lines = new Map<string, string[]>();
  for (const cell of cells) {
    const name = `${cell.fault.padEnd(28)} ${cell.page.padEnd(7)}${cell.live ? 'live ' : '     '}`;
    lines.set(name, [...(lines.get(name) ?? []), short(cell).padEnd(26)]);
  }
  const head = `${'fault'.padEnd(28)} ${'page'.padEnd(12)}once: state, requests      three times               for ever`;
  return [head, ...[...lines].map(([name, states]) => name + states.join(''))].join('\n');
}
