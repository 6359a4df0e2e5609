import { type Request, type Response, Router } from 'express';
import type { Context } from '../../context';
import { ValidationError } from '../../errors';
import { allow } from '../../http/allow';
import { formMessages, typedValues } from '../../http/form-messages';
import { mirroredAttributes } from '../../http/mirrored-attributes';
import { parseForm } from '../../http/parse';
import { actorOf } from '../accounts/audit.service';
import { revealAddress } from './member-addresses.service';
import { ADDRESS_ATTRIBUTES } from './member-attributes';
import { findMember, readMemberDetail } from './member-detail';
import { revealForm } from './reveal.schemas';

/** What is shown only to those who say why. The answer to the form is the only place where it stands. */
export function revealRoutes(context: Context): Router {
  const router = Router();

  router.post('/patreon/members/:id/address/', allow('members.address'), (req, res) => reveal(req, res, context));

  return router;
}

async function reveal(req: Request, res: Response, context: Context): Promise<void> {
  const found = await findMember(req, context);
  const show = async (locals: Record<string, unknown>, status = 200) => {
    const page = await readMemberDetail(req, context, found);
    res.view('members/show', { ...page, ...locals }, { fragment: 'members/_address', status });
  };
  try {
    const { reason } = parseForm(revealForm, req.body);
    const address = await revealAddress(context, { memberId: found.member.id, reason, actor: actorOf(req) });
    await show({ address: address && mirroredAttributes(address, ADDRESS_ATTRIBUTES, { picture: '' }) });
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    await show({ revealErrors: formMessages(req, error), revealValues: typedValues(req, ['reason']) }, 422);
  }
}
