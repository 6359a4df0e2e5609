import { hashPassword, needsRehash, verifyPassword } from '../../src/apps/accounts/password.service';
import { passwordProblem } from '../../src/apps/accounts/password-policy';
import { UnavailableError } from '../../src/errors';

const ada = { email: 'ada.lovelace@example.org', name: 'Ada Lovelace' };

describe('a new password', () => {
  it.each([
    ['seven unrelated teapots', null],
    ['correct horse battery staple', null],
    ['Kx7#qmPz!r2w', null],
    ['パスワードは長いほうがよい', null],
    ['my password is a long sentence', null],
    ['elevenchars', 'passwordShort'],
    ['😀'.repeat(11), 'passwordShort'],
    ['a1b2c3d4'.repeat(17), 'passwordLong'],
    ['password1234', 'passwordCommon'],
    ['Passw0rd!!!!', 'passwordCommon'],
    ['qwertyuiop123', 'passwordCommon'],
    ['123456789012', 'passwordCommon'],
    ['abcdefghijkl', 'passwordCommon'],
    ['aaaaaaaaaaaa', 'passwordCommon'],
    ['patreon-2026!', 'passwordCommon'],
    ['Patrondesk123', 'passwordCommon'],
    ['lovelace2026!', 'passwordCommon'],
    ['correcthorsebatterystaple', 'passwordCommon'],
  ])('%j is judged %j', (password, expected) => {
    expect(passwordProblem(password, ada)).toBe(expected);
  });
});

describe('hashing', () => {
  it('makes a different argon2id hash each time, and both verify', async () => {
    const [one, two] = await Promise.all([
      hashPassword('seven unrelated teapots'),
      hashPassword('seven unrelated teapots'),
    ]);
    expect(one).not.toBe(two);
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(needsRehash(one)).toBe(false);
    expect(await verifyPassword(one, 'seven unrelated teapots')).toBe(true);
    expect(await verifyPassword(two, 'seven unrelated teapot')).toBe(false);
  });

  it('compares all 128 characters', async () => {
    const long = 'a1b2c3d4'.repeat(16);
    expect(await verifyPassword(await hashPassword(long), `${long.slice(0, -1)}5`)).toBe(false);
  });

  it('is false without a hash, also for the password that stands in for it', async () => {
    expect(await verifyPassword(null, 'nobody has this password')).toBe(false);
    expect(await verifyPassword(undefined, 'seven unrelated teapots')).toBe(false);
  });

  it('turns people away, and says when to come back, when 22 are in line already', async () => {
    const answers = await Promise.allSettled(Array.from({ length: 30 }, () => hashPassword('seven unrelated teapots')));
    const refused = answers.filter((a) => a.status === 'rejected').map((a) => a.reason);
    expect(refused).toHaveLength(8);
    for (const error of refused) expect(error).toBeInstanceOf(UnavailableError);
    expect((refused[0] as UnavailableError).retryAfterSeconds).toBeGreaterThan(0);
    await expect(hashPassword('seven unrelated teapots')).resolves.toContain('argon2id');
  });
});
