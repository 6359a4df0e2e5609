import { type Request, type Response, Router } from 'express';
import type { Context } from '../../context';
import { NotFoundError, ValidationError } from '../../errors';
import { allow } from '../../http/allow';
import { formMessages, typedValues } from '../../http/form-messages';
import { ownPath } from '../../http/own-path';
import { parseForm, rowId } from '../../http/parse';
import { wantsFragment } from '../../http/render';
import { actorOf } from '../accounts/audit.service';
import { startBatch } from './bulk.service';
import { Label } from './label.model';
import { createLabel, labelMember, renameLabel, unlabelMember } from './labels.service';
import { PatreonMember } from './member.model';
import type { MemberBatch } from './member-batch.model';
import { labelForm, mergeForm } from './workbench.schemas';

const HERE = '/patreon/members/labels/';

/** The words that staff put on members: all of them, one of them, and those of one member. */
export function labelsRoutes(context: Context): Router {
  const router = Router();
  const { knex } = context;

  router.get(HERE, allow('members.read'), (req, res) => labelsPage(req, res));

  router.post(HERE, allow('members.annotate'), async (req, res) => {
    try {
      const { name } = await createLabel(context, parseForm(labelForm, req.body).label, actorOf(req));
      req.flash('success', req.t('workbench:label.created', { label: name }));
      res.redirect(303, HERE);
    } catch (error) {
      await labelsPage(req, res, { errors: formMessages(req, error), values: typedValues(req, ['label']) }, 422);
    }
  });

  router.get(`${HERE}:id/`, allow('members.annotate'), async (req, res) =>
    labelPage(req, res, await findLabel(req.params.id)),
  );

  router.post(`${HERE}:id/`, allow('members.annotate'), async (req, res) => {
    const label = await findLabel(req.params.id);
    try {
      const { name } = await renameLabel(context, label.id, parseForm(labelForm, req.body).label, actorOf(req));
      req.flash('success', req.t('workbench:label.renamed', { before: label.name, after: name }));
      res.redirect(303, HERE);
    } catch (error) {
      await labelPage(req, res, label, { errors: formMessages(req, error), values: typedValues(req, ['label']) }, 422);
    }
  });

  router.post(`${HERE}:id/merge/`, allow('members.bulk'), async (req, res) => {
    const label = await findLabel(req.params.id);
    try {
      const into = await Label.findById(parseForm(mergeForm, req.body).into, knex);
      if (!into || into.id === label.id) throw new ValidationError({ into: 'workbench:problem.into' });
      const args = { label_id: label.id, label: label.name, into_id: into.id, into: into.name };
      const given = { action: 'merge_label', arguments: args, total: label.members } as const;
      settled(req, res, await startBatch(context, given, actorOf(req)), 'merged');
    } catch (error) {
      await labelPage(req, res, label, { errors: formMessages(req, error) }, 422);
    }
  });

  router.post(`${HERE}:id/delete/`, allow('members.bulk'), async (req, res) => {
    const label = await findLabel(req.params.id);
    const args = { label_id: label.id, label: label.name };
    const given = { action: 'delete_label', arguments: args, total: label.members } as const;
    settled(req, res, await startBatch(context, given, actorOf(req)), 'deleted');
  });

  router.get('/patreon/members/:id/labels/', allow('members.read'), async (req, res) =>
    memberPage(req, res, await findMember(req.params.id)),
  );

  router.post('/patreon/members/:id/labels/', allow('members.annotate'), async (req, res) => {
    const member = await findMember(req.params.id);
    try {
      const label = await labelMember(context, member.id, parseForm(labelForm, req.body).label, actorOf(req));
      const undo = `/patreon/members/${member.id}/labels/${label.id}/delete/`;
      req.flash('success', req.t('workbench:label.added', { label: label.name }), undoAction(req, undo));
      backToMember(req, res, member);
    } catch (error) {
      await memberPage(
        req,
        res,
        member,
        { errors: formMessages(req, error), values: typedValues(req, ['label']) },
        422,
      );
    }
  });

  router.post('/patreon/members/:id/labels/:label/delete/', allow('members.annotate'), async (req, res) => {
    const member = await findMember(req.params.id);
    const label = await findLabel(req.params.label);
    await unlabelMember(context, member.id, label, actorOf(req));
    req.flash('success', req.t('workbench:label.removed', { label: label.name }));
    backToMember(req, res, member);
  });

  async function findLabel(id: unknown): Promise<Label> {
    const label = await Label.findById(rowId(id), knex);
    if (!label) throw new NotFoundError();
    return label;
  }

  async function findMember(id: unknown): Promise<PatreonMember> {
    const member = await PatreonMember.findById(rowId(id), knex);
    if (!member) throw new NotFoundError();
    return member;
  }

  async function labelsPage(req: Request, res: Response, locals: Record<string, unknown> = {}, status = 200) {
    const labels = await Label.listAll(knex);
    const breadcrumbs = [membersCrumb(req), { label: req.t('workbench:label.title') }];
    const shown = { title: req.t('workbench:label.title'), section: 'members', breadcrumbs, errors: {}, values: {} };
    res.view('members/labels', { ...shown, labels, ...locals }, { status });
  }

  async function labelPage(
    req: Request,
    res: Response,
    label: Label,
    locals: Record<string, unknown> = {},
    status = 200,
  ) {
    const others = (await Label.listAll(knex)).filter(({ id }) => id !== label.id);
    const breadcrumbs = [
      membersCrumb(req),
      { label: req.t('workbench:label.title'), href: HERE },
      { label: label.name },
    ];
    const shown = { title: label.name, section: 'members', breadcrumbs, errors: {}, values: { label: label.name } };
    res.view('members/labels-edit', { ...shown, named: label, others, ...locals }, { status });
  }

  async function memberPage(
    req: Request,
    res: Response,
    member: PatreonMember,
    locals: Record<string, unknown> = {},
    status = 200,
  ) {
    const labels = await Label.listOfMember(member.id, knex);
    const name = member.full_name?.trim() || req.t('members:hidden');
    const title = req.t('workbench:label.titleOf', { name });
    const crumb = { label: name, href: `/patreon/members/${member.id}/` };
    const breadcrumbs = [membersCrumb(req), crumb, { label: req.t('workbench:label.title') }];
    const shown = { title, section: 'members', breadcrumbs, errors: {}, values: {} };
    res.view('members/labels-member', { ...shown, member, labels, ...locals }, { status });
  }

  return router;
}

const membersCrumb = (req: Request) => ({ label: req.t('members:title'), href: '/patreon/members/' });

const undoAction = (req: Request, address: string) => ({ address, label: req.t('workbench:undo') });

/** The page of the member, or the one that the form names. */
function backToMember(req: Request, res: Response, { id }: PatreonMember): void {
  const address = ownPath((req.body as Record<string, unknown>).next, `/patreon/members/${id}/`);
  // What the page tells of labels stands in several places of it.
  if (wantsFragment(req)) res.set('HX-Redirect', address).end();
  else res.redirect(303, address);
}

/** A small label is gone at once; a large one is worked on, and its progress can be watched. */
function settled(req: Request, res: Response, batch: MemberBatch, done: 'merged' | 'deleted'): void {
  if (!batch.isOpen) req.flash('success', req.t(`workbench:label.${done}`, { ...batch.arguments }));
  res.redirect(303, batch.isOpen ? `/patreon/members/batches/${batch.id}/` : HERE);
}
