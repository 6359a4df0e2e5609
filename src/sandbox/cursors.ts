import { createHmac, randomBytes } from 'node:crypto';
import { invalidParameter } from './api-error';

/** A place in a list. `list` names the list, so that a cursor of one cannot be used on another. */
export interface Position {
  list: string;
  offset: number;
  page: number;
}

/** Makes and reads opaque cursors that stop working some time after they were handed out. */
export class Cursors {
  private readonly key = randomBytes(16);
  private issued = 0;

  constructor(
    private readonly now: () => number,
    public lifetimeMs: number,
  ) {}

  /** No two cursors are the same, not even those of one place. */
  issue(position: Position): string {
    this.issued += 1;
    const text = JSON.stringify([position.list, position.offset, position.page, this.now(), this.issued]);
    const payload = Buffer.from(text).toString('base64url');
    return `${this.seal(payload)}${payload}`;
  }

  /** Throws the expired-cursor document (code 3) for anything that is not a living cursor of this list. */
  read(cursor: string, list: string): Position {
    const payload = cursor.slice(12);
    if (cursor.slice(0, 12) !== this.seal(payload)) throw invalidParameter('page[cursor]');
    const [name, offset, page, issuedAt] = this.decode(payload);
    if (name !== list || this.now() - issuedAt > this.lifetimeMs) throw invalidParameter('page[cursor]');
    return { list, offset, page };
  }

  /** The page a request asks for, counted from 1; a cursor that cannot be read counts as the first. */
  pageOf(cursor: string | null): number {
    const payload = cursor?.slice(12) ?? '';
    return cursor !== null && cursor.slice(0, 12) === this.seal(payload) ? this.decode(payload)[2] : 1;
  }

  private decode(payload: string): [list: string, offset: number, page: number, issuedAt: number, serial: number] {
    return JSON.parse(Buffer.from(payload, 'base64url').toString());
  }

  private seal(payload: string): string {
    return createHmac('sha256', this.key).update(payload).digest('base64url').slice(0, 12);
  }
}
