import { randomBytes, timingSafeEqual } from 'node:crypto';
import { MINUTE, SECOND } from './clock';
import { sortScopes } from './scopes';

export interface Client {
  id: string;
  secret: string;
  name: string;
  redirectUris: string[];
  /** The user who registered it. */
  ownerId: string;
}

export interface Token {
  accessToken: string;
  refreshToken: string;
  clientId: string;
  userId: string;
  scopes: string[];
  expiresIn: number;
  expiresAt: number;
  /** Stays the same through every refresh; the request limit of a token belongs to it. */
  grant: string;
}

interface Code {
  clientId: string;
  userId: string;
  redirectUri: string;
  scopes: string[];
  expiresAt: number;
}

type NewToken = Pick<Token, 'clientId' | 'userId' | 'scopes'> & { expiresIn?: number; grant?: string };

const CODE_LIFETIME = 5 * MINUTE;

const opaque = (): string => randomBytes(32).toString('base64url');

function isSame(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/** Registered clients, the codes they may exchange and the token pairs they hold. */
export class Grants {
  private readonly clients = new Map<string, Client>();
  private readonly codes = new Map<string, Code>();
  private readonly byAccessToken = new Map<string, Token>();
  private readonly byRefreshToken = new Map<string, Token>();
  /** The grants of refresh tokens that were exchanged. */
  private readonly spent = new Map<string, string>();
  private readonly granted = new Map<string, Set<string>>();

  constructor(
    private readonly now: () => number,
    public expiresIn: number,
    readonly defaultClient: Client,
  ) {
    this.register(defaultClient);
  }

  register(client: Client): void {
    this.clients.set(client.id, client);
  }

  client(id: string): Client | undefined {
    return this.clients.get(id);
  }

  verifyClient(id: string, secret: string): boolean {
    const client = this.clients.get(id);
    return client !== undefined && isSame(client.secret, secret);
  }

  /** Scopes accumulate: what a person once allowed to a client stays allowed. */
  issueCode(request: Omit<Code, 'expiresAt'>): string {
    const key = `${request.clientId} ${request.userId}`;
    const held = this.granted.get(key) ?? new Set<string>();
    for (const scope of request.scopes) held.add(scope);
    this.granted.set(key, held);
    const code = opaque();
    this.codes.set(code, { ...request, scopes: sortScopes(held), expiresAt: this.now() + CODE_LIFETIME });
    return code;
  }

  /** Undefined unless the code is fresh and was given to this client for this redirect address. A code works once. */
  exchangeCode(code: string, clientId: string, redirectUri: string): Token | undefined {
    const found = this.codes.get(code);
    this.codes.delete(code);
    const isValid = found?.clientId === clientId && found.redirectUri === redirectUri;
    return isValid && found.expiresAt > this.now() ? this.mint(found) : undefined;
  }

  /** A new pair for the present refresh token; the former pair stops at once. */
  refresh(refreshToken: string, clientId: string): Token | undefined {
    const former = this.byRefreshToken.get(refreshToken);
    if (former?.clientId !== clientId) return undefined;
    this.forget(former);
    this.spent.set(refreshToken, former.grant);
    return this.mint({ ...former, expiresIn: undefined });
  }

  mint({ clientId, userId, scopes, expiresIn = this.expiresIn, grant = opaque() }: NewToken): Token {
    const expiresAt = this.now() + expiresIn * SECOND;
    const pair = { accessToken: opaque(), refreshToken: opaque() };
    const token: Token = { ...pair, clientId, userId, scopes, expiresIn, expiresAt, grant };
    this.byAccessToken.set(token.accessToken, token);
    this.byRefreshToken.set(token.refreshToken, token);
    return token;
  }

  /** The living token behind a bearer header. */
  authenticate(accessToken: string): Token | undefined {
    const token = this.byAccessToken.get(accessToken);
    return token !== undefined && token.expiresAt > this.now() ? token : undefined;
  }

  /** What happens when the person disconnects the client. Without a token, all of them stop. Returns how many did. */
  revoke(token?: string): number {
    const all = [...this.byAccessToken.values()];
    const revoked = all.filter((one) => token === undefined || [one.accessToken, one.refreshToken].includes(token));
    for (const one of revoked) this.forget(one);
    return revoked.length;
  }

  revokeGrant(grant: string): void {
    for (const one of [...this.byAccessToken.values()]) if (one.grant === grant) this.forget(one);
  }

  /** The grant of a refresh token that was exchanged for a new pair before. */
  grantOfSpent(refreshToken: string): string | undefined {
    return this.spent.get(refreshToken);
  }

  private forget(token: Token): void {
    this.byAccessToken.delete(token.accessToken);
    this.byRefreshToken.delete(token.refreshToken);
  }
}

/** The body of the token endpoint's answer. */
export const tokenAnswer = (token: Token) => ({
  access_token: token.accessToken,
  expires_in: token.expiresIn,
  token_type: 'Bearer',
  scope: token.scopes.join(' '),
  refresh_token: token.refreshToken,
  version: '0.0.1',
});
