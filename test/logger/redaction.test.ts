import { createLogger, pathToKeep, scrub } from '../../src/logger';

/** What the log holds after these calls. */
function logged(write: (log: ReturnType<typeof createLogger>) => void): string {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  write(createLogger({ level: 'trace', pretty: false, destination }));
  return lines.join('');
}

const CANARY = 'canary-5f2d81';

describe('the log', () => {
  it.each([
    'password',
    'access_token',
    'refreshToken',
    'client_secret',
    'cookie',
    'authorization',
    'email',
    '_csrf',
    'code',
  ])('never holds the value of %s, at the top or inside', (name) => {
    const text = logged((log) => {
      log.info({ [name]: CANARY }, 'top');
      log.info({ inner: { [name]: CANARY } }, 'inside');
      log.info({ outer: { inner: { [name]: CANARY } } }, 'deeper');
    });
    expect(text).not.toContain(CANARY);
    expect(text.match(/\[redacted\]/g)).toHaveLength(3);
  });

  it('takes e-mails and bearer tokens out of messages and errors, and leaves out what a database adds about rows', () => {
    const error = Object.assign(new Error(`duplicate key for perrin.${CANARY}@example.com`), {
      code: '23505',
      detail: `Key (email)=(${CANARY}) already exists.`,
      cause: new Error(`Authorization: Bearer ${CANARY}`),
    });
    const text = logged((log) => {
      log.error({ err: error }, `request for perrin.${CANARY}@example.com failed`);
    });
    expect(text).not.toContain(CANARY);
    expect(text).toContain('23505');
  });

  it('keeps text that only looks a little like an address', () => {
    expect(scrub('user@host and 5 @ 3 and @everyone')).toBe('user@host and 5 @ 3 and @everyone');
  });

  it.each([
    ['/login/link/?token=secret', '/login/link/'],
    ['/patreon/members/perrin@example.com/', '/patreon/members/[e-mail]/'],
    ['/patreon/members/perrin%40example.com', '/patreon/members/[e-mail]'],
    ['/patreon/members/12/?q=perrin@example.com', '/patreon/members/12/'],
  ])('keeps of the address %s only %s', (address, kept) => {
    expect(pathToKeep(address)).toBe(kept);
  });
});
