import { randomUUID } from 'node:crypto';
import { type Request, type Response, Router } from 'express';
import type { Knex } from 'knex';
import type { Context } from '../../context';
import { ValidationError } from '../../errors';
import { allow } from '../../http/allow';
import { formMessages, typedValues } from '../../http/form-messages';
import { parseForm } from '../../http/parse';
import { actorOf } from '../accounts/audit.service';
import { startBatch } from './bulk.service';
import { findSelection } from './bulk-selection';
import { listFollowUpOwners } from './follow-up.service';
import { Label } from './label.model';
import { ensureLabel } from './labels.service';
import { type BatchArguments, MemberBatch } from './member-batch.model';
import { memberReader } from './member-query';
import { actionForms, type ChosenAction, exportSelection, requestKey, selectionForm } from './workbench.schemas';

const HERE = '/patreon/members/bulk/';
const MOST_ADDRESS = 7_000;
const TYPED = ['label', 'label_id', 'body', 'owner_id', 'due_on', 'task'] as const;

/** An action on many members: first who is meant and how many, then the action. */
export function bulkRoutes(context: Context): Router {
  const router = Router();
  const { knex } = context;

  // Reloaded, or come to by the back button: what was chosen is known to the list alone.
  router.get([HERE, `${HERE}apply/`], allow('members.bulk'), (_req, res) => res.redirect(303, '/patreon/members/'));

  router.post(HERE, allow('members.bulk'), (req, res) =>
    bodyOf(req).action === 'export' ? toExport(req, res) : confirmPage(req, res),
  );

  router.post(`${HERE}apply/`, allow('members.bulk'), async (req, res) => {
    try {
      const form = parseForm(selectionForm, req.body);
      const { request_key } = parseForm(requestKey, { request_key: bodyOf(req).request_key });
      const known = await MemberBatch.findByRequest(request_key, knex);
      const batch = known ?? (await begin(req, form, request_key));
      done(req, res, batch, form.query);
    } catch (error) {
      await confirmPage(req, res, formMessages(req, error));
    }
  });

  async function begin(req: Request, form: ReturnType<typeof readSelection>, request: string): Promise<MemberBatch> {
    const { selection, total } = await findSelection(form, memberReader(req, context.clock), knex);
    const args = await readArguments(req, form.action, knex);
    return startBatch(
      context,
      { action: form.action, arguments: args, selection, total, requestKey: request },
      actorOf(req),
    );
  }

  /** With errors: again, with what was typed. */
  async function confirmPage(req: Request, res: Response, errors?: Record<string, string>): Promise<void> {
    try {
      const form = readSelection(req);
      const found = await findSelection(form, memberReader(req, context.clock), knex);
      const locals = {
        ...pageHead(req),
        chosen: { action: form.action, scope: form.scope, query: form.query, total: found.total, sample: found.sample },
        ids: 'ids' in found.selection ? found.selection.ids : [],
        labels: await Label.listAll(knex),
        people: await listFollowUpOwners(knex),
        requestKey: randomUUID(),
        errors: errors ?? {},
        values: typedValues(req, TYPED),
      };
      res.view('members/bulk', locals, { status: errors ? 422 : 200 });
    } catch (error) {
      refuse(req, res, error);
    }
  }

  return router;
}

/** What is to be in a file, and in which order of columns, is chosen on a page of its own. */
function toExport(req: Request, res: Response): void {
  try {
    const { scope, ids, query } = parseForm(exportSelection, req.body);
    if (scope === 'picked' && ids.length === 0) throw new ValidationError({ ids: 'workbench:problem.nobody' });
    const address = new URLSearchParams(query);
    if (scope === 'picked') address.set('ids', ids.join());
    // Longer ones are not taken by every server and proxy on the way.
    if (address.toString().length > MOST_ADDRESS) throw new ValidationError({ ids: 'workbench:problem.selection' });
    res.redirect(303, `/patreon/members/export/?${address}`);
  } catch (error) {
    refuse(req, res, error);
  }
}

function refuse(req: Request, res: Response, error: unknown): void {
  const problems = Object.values(formMessages(req, error));
  res.view('members/bulk-refused', { ...pageHead(req), problems }, { status: 422 });
}

const bodyOf = (req: Request) => (req.body ?? {}) as Record<string, unknown>;
const readSelection = (req: Request) => parseForm(selectionForm, req.body);

function pageHead(req: Request) {
  const title = req.t('workbench:bulk.title');
  const { query } = typedValues(req, ['query']);
  const back = listAddress(query);
  return {
    title,
    section: 'members',
    back,
    breadcrumbs: [{ label: req.t('members:title'), href: back }, { label: title }],
  };
}

const listAddress = (query: string) => `/patreon/members/${query === '' ? '' : `?${query}`}`;

/** What the action needs besides its members. @throws ValidationError for what is missing or does not exist any more */
async function readArguments(req: Request, action: ChosenAction, knex: Knex): Promise<BatchArguments> {
  switch (action) {
    case 'add_label': {
      const { label } = parseForm(actionForms.add_label, req.body);
      return labelArguments(await knex.transaction((trx) => ensureLabel(trx, label, actorOf(req))));
    }
    case 'remove_label': {
      const { label_id } = parseForm(actionForms.remove_label, req.body);
      const label = await Label.findById(label_id, knex);
      if (!label) throw new ValidationError({ label_id: 'workbench:problem.into' });
      return labelArguments(label);
    }
    case 'add_note':
      return parseForm(actionForms.add_note, req.body);
    case 'assign_follow_up': {
      const { owner_id, due_on, task } = parseForm(actionForms.assign_follow_up, req.body);
      const owners = await listFollowUpOwners(knex);
      if (!owners.some(({ id }) => id === owner_id)) throw new ValidationError({ owner_id: 'workbench:problem.owner' });
      return { owner_id, due_on: due_on ?? null, task };
    }
  }
}

const labelArguments = ({ id, name }: Label): BatchArguments => ({ label_id: id, label: name });

/** Back to the list with what was done, or to the page where it is being done. */
function done(req: Request, res: Response, batch: MemberBatch, query: string): void {
  const here = `/patreon/members/batches/${batch.id}/`;
  if (batch.state === 'succeeded') req.flash(...doneMessage(req, batch, `${here}undo/`));
  res.redirect(303, batch.state === 'succeeded' ? listAddress(query) : here);
}

function doneMessage(req: Request, batch: MemberBatch, undo: string): Parameters<Request['flash']> {
  const { label } = batch.arguments;
  const text = req.t(`workbench:done.${batch.action}`, { count: batch.changed, label });
  if (batch.changed === 0) return ['info', text];
  const isLabel = batch.action === 'add_label' || batch.action === 'remove_label';
  if (!isLabel) return ['success', text];
  const link = {
    href: `/patreon/members/?label=${batch.arguments.label_id}`,
    label: req.t('workbench:done.toLabelled'),
  };
  return [
    'success',
    text,
    { address: undo, label: req.t('workbench:undo') },
    batch.action === 'add_label' ? link : undefined,
  ];
}
