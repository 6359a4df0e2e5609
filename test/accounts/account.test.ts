import { PASSWORD, type SignedInVisitor, startTestApp, type TestApp } from '../support/app';
import { readPage } from '../support/page';

let panel: TestApp;
let person: SignedInVisitor;
beforeAll(async () => {
  panel = await startTestApp();
});
afterAll(async () => {
  await panel.close();
});
beforeEach(async () => {
  await panel.context.knex('rate_limits').delete();
  person = await panel.signInAs('editor');
});

const row = () => panel.context.knex('staff').where({ id: person.staff.id }).first();

describe('/account/', () => {
  it('saves name, language and theme, and nothing else that is sent along', async () => {
    const given = {
      name: 'Marie',
      locale: 'fr',
      theme: 'light',
      role: 'owner',
      email: 'x@example.org',
      session_epoch: '9',
    };
    expect((await person.postForm('/account/', given)).status).toBe(303);
    expect(await row()).toMatchObject({
      name: 'Marie',
      locale: 'fr',
      theme: 'light',
      role: 'editor',
      email: person.staff.email,
      session_epoch: 1,
    });
    const page = await person.get('/account/');
    expect(page.text).toContain('<html lang="fr" data-theme="light">');
    expect(readPage(page.text).text).toContain('Votre compte a été enregistré.');
  });

  it('shows a refused form with the values and one message per field, in the reader’s language', async () => {
    await panel.context.knex('staff').where({ id: person.staff.id }).update({ locale: 'fr' });
    const answer = await person.postForm('/account/', { name: '   ', locale: 'xx', theme: 'pink' });
    expect(answer.status).toBe(422);
    const { text } = readPage(answer.text);
    expect(text).toContain('Indiquez un nom');
    expect(text).toContain('Choisissez une des langues');
    expect(text).toContain('Choisissez sombre');
  });

  it('switches the theme and leads back to the page at hand, never to another site', async () => {
    const there = { Referer: `${panel.url}/patreon/members/?q=a` };
    const answer = await person.postForm('/account/theme/', { theme: 'light', next: '/x/' }, there);
    expect(answer.headers.location).toBe('/patreon/members/?q=a');
    expect((await row()).theme).toBe('light');
    const without = await person.postForm('/account/theme/', { theme: 'system', next: '//evil.test/' });
    expect(without.headers.location).toBe('/account/');
    expect((await person.postForm('/account/theme/', { theme: 'pink' })).status).toBe(422);
  });
});

describe('POST /account/password/', () => {
  const change = (current_password: string, new_password: string) =>
    person.postForm('/account/password/', { current_password, new_password });

  it('changes the password, ends the other sessions and keeps this one', async () => {
    const elsewhere = panel.visitor();
    await elsewhere.signIn(person.staff.email);
    expect((await change(PASSWORD, 'nine curious lanterns')).status).toBe(303);
    expect((await person.get('/account/')).status).toBe(200);
    expect((await elsewhere.get('/account/')).status).toBe(303);
    expect((await panel.visitor().signIn(person.staff.email)).status).toBe(422);
    expect((await panel.visitor().signIn(person.staff.email, 'nine curious lanterns')).status).toBe(303);
  });

  it('needs the current one', async () => {
    const answer = await change('not the right teapots', 'nine curious lanterns');
    expect(answer.status).toBe(422);
    expect(readPage(answer.text).text).toContain('not your current password');
    expect((await panel.visitor().signIn(person.staff.email)).status).toBe(303);
  });

  it('lets nobody guess the current one for ever', async () => {
    const statuses: number[] = [];
    for (let i = 0; i < 6; i += 1)
      statuses.push((await change('not the right teapots', 'nine curious lanterns')).status);
    expect(statuses).toEqual([422, 422, 422, 422, 422, 429]);
    expect((await change(PASSWORD, 'nine curious lanterns')).status).toBe(429);
  });

  it.each([
    ['short', 'at least 12'],
    ['x'.repeat(129), 'at most 128'],
    ['password12345', 'among the first'],
    ['', 'Give a password'],
  ])('refuses the new password %j', async (given, message) => {
    const answer = await change(PASSWORD, given);
    expect(answer.status).toBe(422);
    expect(readPage(answer.text).text).toContain(message);
  });
});
