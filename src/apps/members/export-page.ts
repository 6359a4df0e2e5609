import type { Request } from 'express';
import type { Context } from '../../context';
import { parseForm } from '../../http/parse';
import { MemberExport } from './export.model';
import { chosenByList, exportColumns } from './export-columns';
import { filterSentence, sentenceText } from './filter-sentence';
import { PatreonMember } from './member.model';
import { MemberField } from './member-field.model';
import { sentenceWords } from './member-list';
import { type MemberQuery, memberReader, readMemberQuery } from './member-query';
import { pickedIds } from './workbench.schemas';

const HISTORY = 20;
/** So many matches are counted; beyond it the page says "at least". */
const COUNTED = 10_000;

/** What a request's query means, and what may be taken of it. @throws ValidationError as the list does */
export async function readExportOffer(req: Request, { knex, clock }: Context) {
  const query = pickedOf(req.query, await readMemberQuery(req.query, memberReader(req, clock), knex));
  const columns = exportColumns((permission) => req.can(permission), await MemberField.listAll(knex));
  return { query, columns, usual: chosenByList(query.columns, columns) };
}

/** Members who were picked one by one stand in the file whether or not they still fit the list that they were picked from. */
function pickedOf(parameters: unknown, query: MemberQuery): MemberQuery {
  const { ids } = parseForm(pickedIds, parameters);
  if (ids.length === 0) return query;
  const { gone, removedCampaigns = [] } = query.filter;
  const searchParams = new URLSearchParams(query.searchParams);
  searchParams.set('ids', ids.join());
  return { ...query, searchParams, filter: { ids, gone, removedCampaigns, searchesEmail: false } };
}

/** The page that says what a file will hold. */
export async function readExportPage(req: Request, context: Context) {
  const { query, columns, usual } = await readExportOffer(req, context);
  const search = query.searchParams.toString();
  const isPicked = query.searchParams.has('ids');
  const list = new URLSearchParams(query.searchParams);
  list.delete('ids');
  const listHref = list.size === 0 ? '/patreon/members/' : `/patreon/members/?${list}`;
  return {
    title: req.t('exports:title'),
    section: 'members',
    breadcrumbs: [{ label: req.t('members:title'), href: listHref }, { label: req.t('exports:title') }],
    query,
    search,
    listHref,
    sentence: isPicked
      ? req.t('exports:picked')
      : sentenceText(filterSentence(query, sentenceWords(req, memberReader(req, context.clock), query))),
    columns: columns.map(({ name, heads }) => ({ name, heads, field: fieldName(name, heads) })),
    usual,
    total: await PatreonMember.countMatching(query.filter, context.knex, COUNTED),
    exports: await readLatestExports(req, context),
  };
}

/** A custom field is called what staff call it. */
const fieldName = (name: string, [head = '']: readonly string[]) =>
  name.startsWith('field_') ? head.replace(/^field: /, '') : null;

/** What was taken last, and by whom; a running one is told with the rows that it has so far. */
export async function readLatestExports(req: Request, { knex }: Context) {
  await MemberExport.endSilent(knex);
  const latest = await MemberExport.listLatest(HISTORY, knex);
  return latest.map((one) => ({
    ...one,
    isOwn: one.staff_id === req.staff?.id,
    isRunning: one.state === 'running',
    durationMs: one.finished_at === null ? null : Date.parse(one.finished_at) - Date.parse(one.started_at),
  }));
}
