import { type Request, type Response, Router } from 'express';
import type { Context } from '../../context';
import { allow } from '../../http/allow';
import { typedValues } from '../../http/form-messages';
import { parseForm, rowId } from '../../http/parse';
import { followUpForm, noteForm, pinForm } from './dossier.schemas';
import { changeMember, type MemberForm, showMember } from './dossier-page';
import { finishFollowUp, setFollowUp } from './follow-up.service';
import { authorOf } from './member-detail';
import { memberFieldsRoutes } from './member-fields.routes';
import { addNote, deleteNote, editNote, pinNote, restoreNote } from './note.service';

/** One member, and what staff write about it. */
export function dossierRoutes(context: Context): Router {
  const router = Router();
  // Its addresses are more exact than that of one member.
  router.use(memberFieldsRoutes(context));

  router.get('/patreon/members/:id/', allow('members.read'), (req, res) => showMember(req, res, context));

  router.post('/patreon/members/:id/notes/', allow('members.annotate'), (req, res) =>
    changeMember(req, res, context, noteFormOf(req, 'new'), async ({ member }) => {
      const { body } = parseForm(noteForm, req.body ?? {});
      await addNote(context, member.id, body, authorOf(req));
    }),
  );

  router.post('/patreon/members/:id/notes/:note/edit/', allow('members.annotate'), (req, res) =>
    changeNote(req, res, async (place) => {
      const { body } = parseForm(noteForm, req.body ?? {});
      await editNote(context, place, body, authorOf(req));
    }),
  );

  router.post('/patreon/members/:id/notes/:note/delete/', allow('members.annotate'), (req, res) =>
    changeNote(req, res, (place) => deleteNote(context, place, authorOf(req))),
  );

  router.post('/patreon/members/:id/notes/:note/restore/', allow('members.annotate'), (req, res) =>
    changeNote(req, res, (place) => restoreNote(context, place, authorOf(req))),
  );

  router.post('/patreon/members/:id/notes/:note/pin/', allow('members.annotate'), (req, res) =>
    changeNote(req, res, (place) => pinNote(context, place, parseForm(pinForm, req.body ?? {}).pinned)),
  );

  router.post('/patreon/members/:id/follow-up/', allow('members.annotate'), (req, res) =>
    changeMember(req, res, context, followUpFormOf(req), async ({ member }) => {
      const { owner, due_on, task } = parseForm(followUpForm, req.body ?? {});
      await setFollowUp(context, member.id, { ownerId: owner, dueOn: due_on ?? null, task }, authorOf(req).id);
    }),
  );

  router.post('/patreon/members/:id/follow-up/done/', allow('members.annotate'), (req, res) =>
    changeMember(req, res, context, followUpFormOf(req), ({ member }) =>
      finishFollowUp(context, member.id, authorOf(req).id),
    ),
  );

  function changeNote(
    req: Request,
    res: Response,
    work: (place: { memberId: number; noteId: number }) => Promise<void>,
  ): Promise<void> {
    const form = noteFormOf(req, String(req.params.note));
    return changeMember(req, res, context, form, ({ member }) =>
      work({ memberId: member.id, noteId: rowId(req.params.note) }),
    );
  }

  return router;
}

/** Which note the words belong to: `new`, or the id of one. */
const noteFormOf = (req: Request, of: string): MemberForm => ({
  name: 'note',
  values: { ...typedValues(req, ['body']), of },
  part: 'member-notes',
});

const followUpFormOf = (req: Request): MemberForm => ({
  name: 'followUp',
  values: typedValues(req, ['owner', 'due_on', 'task']),
  part: 'member-follow-up',
});
