import type { ChangeCounts } from '../../src/sandbox/random-changes';
import type { RequestEntry } from '../../src/sandbox/request-log';
import type { RequestReport } from '../../src/sandbox/request-report';
import type { Sandbox } from '../../src/sandbox/server';

export type SandboxReport = ReturnType<RequestReport['summary']>;

export interface MintedTokens {
  access_token: string;
  refresh_token: string;
  scope: string;
}

/** The switches of a running sandbox, over HTTP as everybody else uses them. */
export function sandboxControl({ url }: Pick<Sandbox, 'url'>) {
  async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(`${url}/_sandbox${path}`, {
      method,
      ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }
  const requests = () => call<RequestEntry[]>('GET', '/requests');
  return {
    mint: (body: object = {}) => call<MintedTokens>('POST', '/tokens', body),
    revoke: (token?: string) => call('POST', '/tokens/revoke', token === undefined ? {} : { token }),
    fault: (body: object) => call<{ id: number }>('POST', '/faults', body),
    /** The faults that were asked for, each with how often it struck. */
    faults: () => call<{ id: number; kind: string; struck: number }[]>('GET', '/faults'),
    /** Changes that happen before or after a request is answered. */
    mutate: (body: object) => call<{ id: number }>('POST', '/mutations', body),
    mutations: () => call<{ id: number; struck: number; done: ChangeCounts }[]>('GET', '/mutations'),
    /** Answers that a fault holds back. */
    heldAnswers: () => call<{ id: number; method: string; path: string }[]>('GET', '/answers'),
    /** Sends an answer that is held back, or all of them. */
    release: (id?: number) => call<{ released: number }>('POST', '/answers/release', id === undefined ? {} : { id }),
    /** Moves the sandbox's time. */
    clock: (body: object) => call<{ now: string }>('POST', '/clock', body),
    /** What was counted since the sandbox started or the report was reset. */
    report: () => call<SandboxReport>('GET', '/report'),
    resetReport: () => call('DELETE', '/report'),
    settings: (body: object) => call('POST', '/settings', body),
    register: (body: object) => call('POST', '/clients', body),
    requests,
    /** Requests to the token endpoint since the last reset. */
    tokenRequests: async () => (await requests()).filter(({ path }) => path === '/api/oauth2/token'),
    async reset() {
      await call('DELETE', '/faults');
      await call('DELETE', '/mutations');
      await call('DELETE', '/requests');
    },
  };
}
