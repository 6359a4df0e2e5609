import { Command } from 'commander';
import { accountsCommands } from '../../src/apps/accounts/accounts.commands';
import { UsageError } from '../../src/errors';
import { PASSWORD, startTestApp, type TestApp } from '../support/app';

let panel: TestApp;
let opened: number;
beforeAll(async () => {
  panel = await startTestApp();
});
afterAll(async () => {
  await panel.close();
});
beforeEach(() => {
  opened = 0;
  process.env.STAFF_PASSWORD = PASSWORD;
  jest.spyOn(process.stdout, 'write').mockReturnValue(true);
});
afterEach(() => {
  delete process.env.STAFF_PASSWORD;
  jest.restoreAllMocks();
});

const GIVEN = { email: 'Shell@Example.org', name: 'Shell', role: 'manager' };

async function staffCreate(given: Partial<typeof GIVEN>): Promise<void> {
  const program = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
  accountsCommands(program, async () => {
    opened += 1;
    return panel.context;
  });
  program.commands.forEach((command) => {
    command.exitOverride().configureOutput({ writeErr: () => undefined });
  });
  const options = Object.entries(given).flatMap(([name, value]) => [`--${name}`, value]);
  await program.parseAsync(['staff:create', ...options], { from: 'user' });
}

describe('staff:create', () => {
  it('adds somebody who can sign in with the password from STAFF_PASSWORD', async () => {
    await staffCreate(GIVEN);
    const added = await panel.context.knex('staff').where({ email: 'shell@example.org' }).first();
    expect(added).toMatchObject({ name: 'Shell', role: 'manager' });
    expect((await panel.visitor().signIn('shell@example.org')).status).toBe(303);
    const entry = await panel.context
      .knex('audit_entries')
      .where({ action: 'staff.created', subject_id: String(added.id) })
      .first();
    expect(entry.actor).toMatch(/^cli:.+/);
  });

  it('refuses an e-mail that is taken', async () => {
    await expect(staffCreate(GIVEN)).rejects.toThrow(
      new UsageError('email: Somebody with this e-mail is here already.'),
    );
  });

  it.each([
    [{ ...GIVEN, email: 'nobody' }, PASSWORD, 'email: Give an e-mail'],
    [{ ...GIVEN, email: 'other@example.org', role: 'emperor' }, PASSWORD, 'role: Choose one of the roles'],
    [{ ...GIVEN, email: 'other@example.org', name: ' ' }, PASSWORD, 'name: Give a name'],
    [{ ...GIVEN, email: 'other@example.org' }, 'short', 'password: A password needs at least 12'],
    [{ ...GIVEN, email: 'other@example.org' }, 'password12345', 'password: This password is among the first'],
  ])(
    'says what is wrong with %j and the password %j, before it opens the database',
    async (given, password, message) => {
      process.env.STAFF_PASSWORD = password;
      await expect(staffCreate(given)).rejects.toThrow(message);
      await expect(staffCreate(given)).rejects.toBeInstanceOf(UsageError);
      expect(opened).toBe(0);
      expect(await panel.context.knex('staff').where({ email: 'other@example.org' })).toHaveLength(0);
    },
  );

  it('says which option is missing', async () => {
    await expect(staffCreate({ email: 'other@example.org' })).rejects.toThrow(/--name/);
  });

  it('says what to set when there is no terminal to ask at', async () => {
    delete process.env.STAFF_PASSWORD;
    const stdin = Object.getOwnPropertyDescriptor(process.stdin, 'isTTY');
    Object.defineProperty(process.stdin, 'isTTY', { value: false, configurable: true });
    try {
      await expect(staffCreate({ ...GIVEN, email: 'other@example.org' })).rejects.toThrow('set STAFF_PASSWORD');
    } finally {
      if (stdin) Object.defineProperty(process.stdin, 'isTTY', stdin);
      else Reflect.deleteProperty(process.stdin, 'isTTY');
    }
  });
});
