import type { Request, Response } from 'express';
import type { Context } from '../../context';
import { ValidationError } from '../../errors';
import { formMessages } from '../../http/form-messages';
import { listAddress } from '../../http/list-address';
import { parseForm } from '../../http/parse';
import { dossierQuery, returnTo } from './dossier.schemas';
import { type FoundMember, findMember, memberHead, readMemberDetail } from './member-detail';
import { knownSince, pastDay } from './member-past';

/** A member now, or at the end of a past day. A day that cannot be shown is answered with why, and with nothing else. */
export async function showMember(req: Request, res: Response, context: Context): Promise<void> {
  const found = await findMember(req, context);
  const now = context.clock.now();
  const head = { ...memberHead(req, found, now), asOf: null };
  try {
    const { as_of, ...asked } = parseForm(dossierQuery(now), req.query);
    const past = as_of === undefined ? undefined : pastDay(as_of);
    const since = past && (await knownSince(found.member, context.knex));
    if (past && since && Date.parse(past.end) <= Date.parse(since)) {
      res.view('members/no-day', { ...head, asOf: past.day, knownSince: since, parameterErrors: [] });
      return;
    }
    const detail = await readMemberDetail(req, context, found, { ...asked, past });
    res.view('members/show', detail, { fragment: 'members/_timeline' });
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    const parameterErrors = Object.values(error.fields);
    res.view('members/no-day', { ...head, knownSince: null, parameterErrors }, { status: 400 });
  }
}

/** A form of the member's page, by the name under which its part of the page finds what was refused. */
export interface MemberForm {
  name: 'note' | 'followUp' | 'fields';
  /** What was typed. */
  values: Record<string, unknown>;
  /** Id of the part of the page to go back to. */
  part: string;
}

/** Does what a form of the member's page asks for and leads back to its part; what is wrong with it is said there. */
export async function changeMember(
  req: Request,
  res: Response,
  context: Context,
  form: MemberForm,
  work: (found: FoundMember) => Promise<unknown>,
): Promise<void> {
  const found = await findMember(req, context);
  const { list } = parseForm(returnTo, req.body ?? {});
  try {
    await work(found);
  } catch (error) {
    const errors = formMessages(req, error);
    const detail = await readMemberDetail(req, context, found, { list });
    const forms = { [form.name]: { values: form.values, errors } };
    res.view('members/show', { ...detail, forms }, { status: 422 });
    return;
  }
  res.redirect(303, `${listAddress(`/patreon/members/${found.member.id}/`, { list })()}#${form.part}`);
}
