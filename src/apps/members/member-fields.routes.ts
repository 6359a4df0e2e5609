import { type Request, type Response, Router } from 'express';
import type { Context } from '../../context';
import { NotFoundError } from '../../errors';
import { allow } from '../../http/allow';
import { formMessages, typedValues } from '../../http/form-messages';
import { createFormat } from '../../http/format';
import { parseForm, rowId } from '../../http/parse';
import { actorOf } from '../accounts/audit.service';
import { fieldForm, fieldValuesForm } from './dossier.schemas';
import { changeMember } from './dossier-page';
import { MemberField } from './member-field.model';
import { addField, deleteField, renameField, saveFieldValues } from './member-field.service';

const LIST = '/patreon/members/fields/';
/** A count beyond it says "at least". */
const COUNTED = 10_000;

/** The attributes of members that staff make up, and their values of one member. */
export function memberFieldsRoutes(context: Context): Router {
  const router = Router();
  const { knex } = context;

  router.get('/patreon/members/fields/', allow('members.fields'), async (req, res) => fieldsPage(req, res));

  router.post('/patreon/members/fields/', allow('members.fields'), async (req, res) =>
    changeFields(req, res, 'new', async () => {
      const { name } = parseForm(fieldForm, req.body ?? {});
      await addField(context, name, actorOf(req));
      return req.t('dossier:fields.added', { name });
    }),
  );

  router.post('/patreon/members/fields/:field/rename/', allow('members.fields'), async (req, res) =>
    changeFields(req, res, String(req.params.field), async () => {
      const { name } = parseForm(fieldForm, req.body ?? {});
      await renameField(context, rowId(req.params.field), name, actorOf(req));
      return req.t('dossier:fields.renamed', { name });
    }),
  );

  router.get('/patreon/members/fields/:field/delete/', allow('members.fields'), async (req, res) => {
    const field = await MemberField.findById(rowId(req.params.field), knex);
    if (!field) throw new NotFoundError();
    const counts = await MemberField.countValues(COUNTED, knex);
    const title = req.t('dossier:fields.deleteTitle', { name: field.name });
    res.view('members/field-delete', { ...head(req, title), field, count: countText(req, counts.get(field.id)) });
  });

  router.post('/patreon/members/fields/:field/delete/', allow('members.fields'), async (req, res) => {
    const { name } = await deleteField(context, rowId(req.params.field), actorOf(req));
    req.flash('success', req.t('dossier:fields.deleted', { name }));
    res.redirect(303, LIST);
  });

  router.post('/patreon/members/:id/fields/', allow('members.annotate'), async (req, res) => {
    const ids = (await MemberField.listAll(knex)).map(({ id }) => id);
    const names = ids.map((id) => `field_${id}`);
    const form = { name: 'fields', values: typedValues(req, names), part: 'member-fields' } as const;
    await changeMember(req, res, context, form, async ({ member }) => {
      const given = parseForm(fieldValuesForm(ids), req.body ?? {});
      const values = ids.flatMap((id): [number, string][] => {
        const value = given[`field_${id}`];
        return value === undefined ? [] : [[id, value]];
      });
      await saveFieldValues(context, member.id, new Map(values), req.staff?.id ?? 0);
    });
  });

  async function changeFields(req: Request, res: Response, of: string, work: () => Promise<string>): Promise<void> {
    try {
      req.flash('success', await work());
    } catch (error) {
      const refused = { of, values: typedValues(req, ['name']), errors: formMessages(req, error) };
      return fieldsPage(req, res, refused, 422);
    }
    res.redirect(303, LIST);
  }

  async function fieldsPage(req: Request, res: Response, refused?: Refused, status = 200): Promise<void> {
    const [fields, counts] = await Promise.all([MemberField.listAll(knex), MemberField.countValues(COUNTED, knex)]);
    const rows = fields.map(({ id, name }) => ({ id, name, count: countText(req, counts.get(id)) }));
    res.view(
      'members/fields',
      { ...head(req, req.t('dossier:fields.title')), rows, refused: refused ?? null },
      { status },
    );
  }

  return router;
}

interface Refused {
  /** `new`, or the id of the field that was to be renamed. */
  of: string;
  values: Record<string, string>;
  errors: Record<string, string>;
}

function head(req: Request, title: string) {
  const members = { label: req.t('members:title'), href: '/patreon/members/' };
  const fields = req.t('dossier:fields.title');
  const here = title === fields ? [{ label: fields }] : [{ label: fields, href: LIST }, { label: title }];
  return { title, section: 'members', breadcrumbs: [members, ...here] };
}

function countText(req: Request, count = 0): string {
  const key = count > COUNTED ? 'dossier:fields.countCapped' : 'dossier:fields.count';
  const shown = Math.min(count, COUNTED);
  return req.t(key, { count: shown, shown: createFormat(req.locale).number(shown) });
}
