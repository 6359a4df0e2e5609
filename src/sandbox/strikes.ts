import { Random } from './generated/random';

/** Which requests something strikes, and how often. */
export interface StrikeOptions {
  /** A method and a path, such as `GET /api/oauth2/v2/campaigns/{id}/members`; `{…}` stands for one segment. */
  match: string;
  /** Only the request for this page of a list, counted from 1. */
  page?: number | undefined;
  /** Only requests for this page and those after it. */
  from_page?: number | undefined;
  /** How many matching requests pass before the first one is struck. */
  skip?: number | undefined;
  /** How often it still strikes; null for ever. */
  times: number | null;
  /** The chance of each matching request to be struck; certain by default. */
  probability?: number | undefined;
}

export interface Visit {
  method: string;
  path: string;
  /** The page of the list that is asked for; 1 where there is no list. */
  page: number;
}

export type Strike<Options extends StrikeOptions> = Options & { id: number; struck: number };

interface Armed<Options extends StrikeOptions> {
  strike: Strike<Options>;
  pattern: RegExp;
  random: Random;
}

function toPattern(match: string): RegExp {
  const escaped = match.replaceAll(/[.*+?^$()|[\]\\]/g, '\\$&').replaceAll(/\{[^}]*\}/g, '[^/ ]+');
  return new RegExp(`^${escaped}/?$`);
}

/** Things that wait for certain requests: faults and mutations. */
export class Strikes<Options extends StrikeOptions> {
  private armed: Armed<Options>[] = [];
  private lastId = 0;

  add(options: Options): Strike<Options> {
    this.lastId += 1;
    const strike = { ...options, id: this.lastId, struck: 0 };
    this.armed.push({ strike, pattern: toPattern(options.match), random: new Random(this.lastId) });
    return strike;
  }

  /** The first that strikes this request, counted as having struck once more. */
  takeFirst(visit: Visit): Strike<Options> | undefined {
    return this.armed.find((one) => take(one, visit))?.strike;
  }

  /** All that strike this request and fulfil the condition. */
  takeAll(visit: Visit, isWanted: (strike: Strike<Options>) => boolean): Strike<Options>[] {
    return this.armed.filter((one) => isWanted(one.strike) && take(one, visit)).map(({ strike }) => strike);
  }

  list(): Strike<Options>[] {
    return this.armed.map(({ strike }) => strike);
  }

  clear(): void {
    this.armed = [];
  }
}

function take<Options extends StrikeOptions>(
  { strike, pattern, random }: Armed<Options>,
  { method, path, page }: Visit,
): boolean {
  const isPage = (strike.page ?? page) === page && page >= (strike.from_page ?? 1);
  if (strike.times === 0 || !isPage || !pattern.test(`${method} ${path}`)) return false;
  if (strike.skip) {
    strike.skip -= 1;
    return false;
  }
  if (strike.probability !== undefined && !random.chance(strike.probability)) return false;
  if (strike.times !== null) strike.times -= 1;
  strike.struck += 1;
  return true;
}
