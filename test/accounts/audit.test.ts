import { recordAudit } from '../../src/apps/accounts/audit.service';
import { startTestApp, type TestApp } from '../support/app';

let panel: TestApp;
beforeAll(async () => {
  panel = await startTestApp();
});
afterAll(async () => {
  await panel.close();
});

const entries = (where: Record<string, unknown>) => panel.context.knex('audit_entries').where(where).orderBy('id');

describe('the audit log', () => {
  it('keeps an entry exactly if the change it tells of is kept', async () => {
    const { knex } = panel.context;
    const entry = {
      actor: 'system',
      action: 'test.happened',
      subject: { type: 'campaign', id: 7 },
      details: { fields: ['name'] },
    };
    await expect(
      knex.transaction(async (trx) => {
        await recordAudit(trx, entry);
        throw new Error('undone');
      }),
    ).rejects.toThrow('undone');
    expect(await entries({ action: 'test.happened' })).toHaveLength(0);
    await knex.transaction((trx) => recordAudit(trx, entry));
    await recordAudit(panel.context, { ...entry, requestId: 'r-1' });
    const [first, second] = await entries({ action: 'test.happened' });
    expect(first).toMatchObject({
      actor: 'system',
      subject_type: 'campaign',
      subject_id: '7',
      details: { fields: ['name'] },
      request_id: null,
    });
    expect(second.request_id).toBe('r-1');
  });

  it('cannot be changed or emptied', async () => {
    const { knex } = panel.context;
    await recordAudit(panel.context, { actor: 'system', action: 'test.kept' });
    await expect(knex('audit_entries').update({ actor: 'nobody' })).rejects.toThrow('append-only');
    await expect(knex('audit_entries').delete()).rejects.toThrow('append-only');
    await expect(knex.raw('truncate audit_entries')).rejects.toThrow('append-only');
    expect((await entries({ action: 'test.kept' })).length).toBeGreaterThan(0);
  });

  it('tells who was refused what, without the query', async () => {
    const viewer = await panel.signInAs('viewer');
    await viewer.get('/admin/staff/?email=secret@example.org');
    const [entry] = await entries({ action: 'request.denied', staff_id: viewer.staff.id });
    expect(entry.details).toEqual({ method: 'GET', path: '/admin/staff/', code: 'forbidden' });
    expect(entry.request_id).toMatch(/^[\w-]{20,}$/);
  });

  it('tells when somebody signed in, failed to, and signed out', async () => {
    const person = await panel.signInAs('viewer');
    await panel.visitor().signIn(person.staff.email, 'not the right teapots');
    await person.postForm('/logout/');
    const told = await panel.context
      .knex('audit_entries')
      .where({ staff_id: person.staff.id })
      .orWhere({ subject_id: String(person.staff.id) })
      .orderBy('id');
    expect(told.map((e) => [e.action, e.actor])).toEqual([
      ['sign_in.succeeded', `staff:${person.staff.id}`],
      ['sign_in.refused', 'anonymous'],
      ['sign_out', `staff:${person.staff.id}`],
    ]);
  });
});
