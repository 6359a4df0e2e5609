import { Actor, Crash } from './actor';

/** A request that has not been sent yet, or an answer that has not arrived yet. */
export interface Exchange {
  actor: Actor;
  path: string;
  stage: 'request' | 'answer';
  /** Lets it go on. */
  go(): void;
}

const TOKEN_PATH = '/api/oauth2/token';

/**
 * The way between slow actors and Patreon: each request and each answer waits until it is let go. Patreon works an answer
 * out when the request reaches it, so what the answer tells may be old when it arrives. Takes the place of `fetch`.
 */
export class Wire {
  readonly waiting: Exchange[] = [];
  /** Told of each answer as soon as Patreon has worked it out, long before it arrives maybe. */
  onAnswer: (actor: Actor, path: string, body: string) => void = () => undefined;
  private underWay = 0;
  private readonly fetch = globalThis.fetch;

  constructor() {
    globalThis.fetch = (input, init) => this.exchange(input, init);
  }

  get isBusy(): boolean {
    return this.underWay > 0;
  }

  restore(): void {
    globalThis.fetch = this.fetch;
  }

  /** Lets everything go that waits now. */
  releaseAll(actor?: Actor): void {
    for (const one of [...this.waiting]) if (actor === undefined || one.actor === actor) one.go();
  }

  private async exchange(input: Parameters<typeof fetch>[0], init: RequestInit = {}): Promise<Response> {
    const actor = Actor.current();
    const url = new URL(String(input instanceof Request ? input.url : input));
    const path = url.pathname + url.search;
    const pass = async (stage: Exchange['stage']) => {
      if (actor === undefined || url.pathname === TOKEN_PATH) return;
      if (actor.isSlowOver(path)) await this.wait(actor, path, stage, init.signal ?? undefined);
      if (actor.isDead) throw new Crash(actor.name);
    };
    await pass('request');
    const { body, ...answer } = await this.send(input, init);
    if (actor !== undefined) this.onAnswer(actor, path, body);
    await pass('answer');
    return new Response(body, answer);
  }

  private async send(input: Parameters<typeof fetch>[0], init: RequestInit) {
    this.underWay += 1;
    try {
      const answer = await this.fetch(input, init);
      return { status: answer.status, headers: answer.headers, body: await answer.text() };
    } finally {
      this.underWay -= 1;
    }
  }

  private wait(actor: Actor, path: string, stage: Exchange['stage'], signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.waiting.splice(this.waiting.indexOf(exchange), 1);
        signal?.removeEventListener('abort', abort);
      };
      const abort = () => {
        leave();
        reject(signal?.reason);
      };
      const exchange: Exchange = {
        actor,
        path,
        stage,
        go() {
          leave();
          resolve();
        },
      };
      this.waiting.push(exchange);
      if (signal?.aborted) abort();
      else signal?.addEventListener('abort', abort, { once: true });
    });
  }
}
