import { join } from 'node:path';
import { DOCUMENTED_LIMITS } from '../../src/sandbox/limits';
import type { RequestEntry } from '../../src/sandbox/request-log';
import type { ReadAnswer, ReadOrder } from './limits-reader';
import { startRig } from './trial-rig';

export interface LimitsFigures {
  seconds: number;
  requests: number;
  byStatus: Record<string, number>;
  /** Requests that arrived in a full window of Patreon's two limits. */
  overLimit: number;
  highestInTwoSeconds: number;
  highestInAMinute: number;
  throttledAnswers: number;
  /** Seconds from a 429 to the next request of anybody, requests under way left out; null without a 429. */
  earliestAfter429: number | null;
  retryAfterSeconds: number;
  earlyAfter429: number;
  /** Requests that arrived within two seconds of a 429: they were under way. */
  underWayAt429: number;
  /** Requests that were answered, as a share of Patreon's 100 a minute; `net` leaves the pauses out of the time. */
  share: number;
  netShare: number;
  syncRuns: number;
  singleReads: number;
  statusLooks: number;
  failures: string[];
}

/** When the sandbox answers 429, for each of the addresses. */
export type Throttling = { probability: number; times: null } | { skip: number; times: number };

const READER = join(__dirname, 'limits-reader.ts');
const ALLOWED_PER_SECOND = 100 / 60;
/** Longer than a window of our pace, so that a process that did not obey would be seen. */
const RETRY_AFTER_SECONDS = 7;
const UNDER_WAY_MS = 2_000;
const LEAST_NET_SHARE = 0.8;
const PATHS = ['campaigns', 'campaigns/{id}/members', 'campaigns/{id}/posts', 'members/{id}'];

/** Three processes read as much as they may, one of them syncs, while Patreon asks for a pause now and then. */
export async function limitsTrial(
  databaseUrl: string,
  { seconds, throttling }: { seconds: number; throttling: Throttling },
): Promise<LimitsFigures> {
  const rig = await startRig<ReadOrder, ReadAnswer>({
    databaseUrl,
    scripts: [READER, READER, READER],
    requestsPerMinute: 90,
    sandbox: { campaigns: [{ members: 2_000 }], limits: DOCUMENTED_LIMITS },
  });
  try {
    const { control, processes } = rig;
    await control.settings({ most_per_page: 50 });
    for (const path of PATHS) {
      const match = `GET /api/oauth2/v2/${path}`;
      await control.fault({ match, kind: '429', retry_after_seconds: RETRY_AFTER_SECONDS, ...throttling });
    }
    const began = performance.now();
    const kinds = ['sync', 'reads', 'reads'] as const;
    const answers = await Promise.all(
      processes.map((one, i) => one.send({ kind: kinds[i] ?? 'reads', milliseconds: seconds * 1000 })),
    );
    const took = (performance.now() - began) / 1000;
    return { ...(await figuresOf(rig.control, took)), ...sumOf(answers) };
  } finally {
    await rig.close();
  }
}

async function figuresOf(control: Awaited<ReturnType<typeof startRig>>['control'], seconds: number) {
  const { by_status, windows, throttled } = await control.report();
  const entries = await control.requests();
  const pauses = pausesOf(entries);
  const answered = by_status['200'] ?? 0;
  return {
    seconds: Math.round(seconds),
    requests: Object.values(by_status).reduce((sum, count) => sum + count, 0),
    byStatus: by_status,
    overLimit: (windows.client?.violations ?? 0) + (windows.token?.violations ?? 0),
    highestInTwoSeconds: windows.client?.highest ?? 0,
    highestInAMinute: windows.token?.highest ?? 0,
    throttledAnswers: throttled.answers,
    retryAfterSeconds: RETRY_AFTER_SECONDS,
    earliestAfter429: pauses.length === 0 ? null : Math.min(...pauses),
    earlyAfter429: throttled.too_early_certain,
    underWayAt429: throttled.too_early - throttled.too_early_certain,
    share: answered / (ALLOWED_PER_SECOND * seconds),
    netShare: answered / (ALLOWED_PER_SECOND * Math.max(1, seconds - secondsPaused(entries))),
  };
}

/** For each 429 that the log still holds, the seconds to the first request that was not under way. */
function pausesOf(entries: RequestEntry[]): number[] {
  return entries
    .filter(({ status }) => status === 429)
    .flatMap(({ at, ms }) => {
      const answeredAt = Date.parse(at) + ms;
      const later = entries.map((entry) => Date.parse(entry.at) - answeredAt).filter((gap) => gap > UNDER_WAY_MS);
      return later.length === 0 ? [] : [Math.min(...later) / 1000];
    });
}

/** Pauses that overlap count once. */
function secondsPaused(entries: RequestEntry[]): number {
  let [paused, until] = [0, 0];
  for (const { at, ms } of entries.filter(({ status }) => status === 429)) {
    const from = Math.max(until, Date.parse(at) + ms);
    until = Date.parse(at) + ms + RETRY_AFTER_SECONDS * 1000;
    paused += Math.max(0, until - from);
  }
  return paused / 1000;
}

function sumOf(answers: ReadAnswer[]) {
  const [sync, ...reads] = answers;
  return {
    syncRuns: sync?.done ?? 0,
    singleReads: reads.reduce((sum, { done }) => sum + done, 0),
    statusLooks: answers.reduce((sum, { statusLooks }) => sum + statusLooks, 0),
    failures: answers.flatMap(({ failures }) => failures),
  };
}

/** What is wrong with the figures, in words; empty when nothing is. */
export function violationsOf(figures: LimitsFigures): string[] {
  const { overLimit, earlyAfter429, netShare, failures } = figures;
  return [
    ...(overLimit === 0 ? [] : [`${overLimit} requests above a limit`]),
    ...(earlyAfter429 === 0 ? [] : [`${earlyAfter429} requests before the pause of a 429 was over`]),
    ...(netShare >= LEAST_NET_SHARE ? [] : [`${Math.round(netShare * 100)} % of the allowed rate`]),
    ...(failures.length === 0 ? [] : [`${failures.length} failures, the first: ${failures[0]}`]),
  ];
}
