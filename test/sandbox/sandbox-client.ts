import type { JsonApiDocument } from '../../src/sandbox/document';
import type { Sandbox } from '../../src/sandbox/server';

type Parameters = Record<string, string>;

export interface ErrorDocument {
  errors: { code: number | null; code_name: string; detail: string; status: string; source?: { parameter: string } }[];
}

export type Answer<Body> = { status: number; headers: Headers; body: Body };

/** Sends JSON to a control address and gives back what it answered. */
export async function control<Body>({ url }: Sandbox, method: string, path: string, body?: unknown): Promise<Body> {
  const init =
    body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const response = await fetch(`${url}/_sandbox${path}`, { method, ...init });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return (text === '' ? undefined : JSON.parse(text)) as Body;
}

export interface MintedToken {
  access_token: string;
  refresh_token: string;
  expires_in: number;
  scope: string;
}

export const mintToken = (sandbox: Sandbox, options: object = {}): Promise<MintedToken> =>
  control(sandbox, 'POST', '/tokens', options);

/** Asks again and again, but not for ever. */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 500; tries += 1) if (await isSo()) return;
  throw new Error('This never came about.');
}

/** Calls the API with a bearer token. */
export class SandboxClient {
  constructor(
    private readonly sandbox: Sandbox,
    private readonly token: string,
  ) {}

  static async connect(sandbox: Sandbox, options: object = {}): Promise<SandboxClient> {
    return new SandboxClient(sandbox, (await mintToken(sandbox, options)).access_token);
  }

  send(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = { authorization: `Bearer ${this.token}`, 'user-agent': 'Sandbox test', ...init.headers };
    return fetch(`${this.sandbox.url}/api/oauth2/v2${path}`, { ...init, headers });
  }

  async get<Body = JsonApiDocument>(path: string, parameters: Parameters = {}): Promise<Answer<Body>> {
    const response = await this.send(`${path}?${new URLSearchParams(parameters)}`);
    return { status: response.status, headers: response.headers, body: (await response.json()) as Body };
  }

  getError(path: string, parameters: Parameters = {}): Promise<Answer<ErrorDocument>> {
    return this.get<ErrorDocument>(path, parameters);
  }

  /** Follows the cursors of a list to its end. */
  async walk(path: string, parameters: Parameters = {}): Promise<JsonApiDocument[]> {
    const pages: JsonApiDocument[] = [];
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const { body } = await this.get(path, { ...parameters, ...(cursor ? { 'page[cursor]': cursor } : {}) });
      pages.push(body);
      cursor = body.meta?.pagination.cursors?.next ?? null;
    }
    return pages;
  }
}
