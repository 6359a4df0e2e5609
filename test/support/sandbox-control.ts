import type { RequestEntry } from '../../src/sandbox/request-log';
import type { Sandbox } from '../../src/sandbox/server';

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
    fault: (body: object) => call('POST', '/faults', body),
    settings: (body: object) => call('POST', '/settings', body),
    register: (body: object) => call('POST', '/clients', body),
    requests,
    /** Requests to the token endpoint since the last reset. */
    tokenRequests: async () => (await requests()).filter(({ path }) => path === '/api/oauth2/token'),
    async reset() {
      await call('DELETE', '/faults');
      await call('DELETE', '/requests');
    },
  };
}
