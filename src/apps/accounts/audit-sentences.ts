import type { Translate } from '../../i18n';
import type { AuditEntry } from './audit-entry.model';

/** Every action that has a sentence of its own, in the order in which their groups are offered. */
export const ACTIONS = [
  'sign_in.succeeded',
  'sign_in.refused',
  'sign_out',
  'password.changed',
  'password.change_refused',
  'sessions.ended',
  'setup.completed',
  'staff.created',
  'staff.role_changed',
  'staff.disabled',
  'staff.enabled',
  'staff.password_reset',
  'request.denied',
  'credential.created',
  'credential.changed',
  'credential.deleted',
  'credential.connected',
  'credential.disconnected',
  'credential.refreshed',
  'credential.refused',
  'sync_run.applied',
  'sync_run.discarded',
  'campaign.refreshed',
  'campaign.changed',
  'campaign.deleted',
  'campaign.unignored',
  'post.refreshed',
  'post.deleted',
  'post.unignored',
  'post.archived',
  'draft.created',
  'draft.deleted',
  'draft.restored',
  'draft.handed_off',
  'draft.linked',
  'draft.accepted',
  'draft_batch.applied',
  'draft_batch.undone',
  'post_template.created',
  'post_template.changed',
  'post_template.deleted',
  'post_template.restored',
  'post_snippet.created',
  'post_snippet.changed',
  'post_snippet.deleted',
  'post_snippet.restored',
  'plan.created',
  'plan.changed',
  'plan.discarded',
  'plan.reopened',
  'plan.handed_off',
  'plan.taken_back',
  'plan.kept',
  'plan.yielded',
  'plan.confirmed',
  'plan.applied',
  'plan.conflicted',
  'member.refreshed',
  'member.address_revealed',
  'label.created',
  'label.renamed',
  'member_field.created',
  'member_field.renamed',
  'member_field.deleted',
  'member_batch.created',
  'member_batch.reverted',
  'member_batch.cancelled',
  'export.started',
  'export.succeeded',
  'export.cancelled',
  'export.failed',
  'audit.exported',
] as const;

const known: ReadonlySet<string> = new Set(ACTIONS);

/** What actions begin with. */
export const ACTION_GROUPS = [...new Set(ACTIONS.map((action) => action.split('.')[0] as string))];

/** Kinds of rows that entries tell of, and where such a row is shown. */
const SUBJECTS = {
  staff: () => '/admin/staff/',
  patreon_credential: (id) => `/admin/patreon/patreoncredential/${id}/change/`,
  sync_run: (id) => `/patreon/sync/${id}/`,
  campaign: (id) => `/patreon/campaigns/${id}/`,
  post: (id) => `/patreon/posts/${id}/`,
  draft: (id) => `/patreon/posts/${id}/`,
  draft_batch: () => '/patreon/posts/',
  post_template: () => '/patreon/posts/templates/',
  post_snippet: () => '/patreon/posts/templates/',
  plan: (id) => `/patreon/plans/${id}/`,
  member: (id) => `/patreon/members/${id}/`,
  member_batch: (id) => `/patreon/members/batches/${id}/`,
  member_field: () => '/patreon/members/fields/',
  label: () => '/patreon/members/labels/',
  export: () => '/patreon/members/export/',
} satisfies Record<string, (id: string) => string>;

export const SUBJECT_TYPES = Object.keys(SUBJECTS);

/** What happened, in the reader's language; an action without words of its own is told by its name. */
export function auditSentence(t: Translate, { action, details }: Pick<AuditEntry, 'action' | 'details'>): string {
  return known.has(action) ? t(`audit:sentence.${action}`, wordsOf(t, details)) : action;
}

export interface AuditNote {
  text: string;
  /** The list that a filter narrows, where the filter is told in words. */
  href: string | null;
}

/** What is told below the sentence: why it was done, which fields it touched and what a file held. */
export function auditNotes(t: Translate, { action, details }: Pick<AuditEntry, 'action' | 'details'>): AuditNote[] {
  const words = plainWords({ ...details, ...columnWords(t, action, details) });
  return NOTED.filter((name) => words[name]).map((name) => ({
    text: t(`audit:note.${name}`, { [name]: words[name] }),
    href: name === 'query' && action.startsWith('export.') ? listHref(words.query as string) : null,
  }));
}

/** Null where the log left out what was searched for: the list would be another one. */
const listHref = (query: string): string | null =>
  [...new URLSearchParams(query).keys()].some((name) => /(^|\.)q$/.test(name)) ? null : `/patreon/members/?${query}`;

const NOTED = ['reason', 'fields', 'columns', 'query'] as const;

/** Where the forms and files have their words for columns, by what is told of them. */
const COLUMN_WORDS: Record<string, (t: Translate, column: string) => string> = {
  campaign: (t, column) => t(`campaignSettings:edit.${column}`),
  credential: (t, column) => t(`connections:field.${column}`),
  export: (t, column) => t(`exports:column.${column}`),
};

/** The columns that an entry lists as people know them; one without a word, such as a deleted custom field, as it was written. */
function columnWords(t: Translate, action: string, details: Record<string, unknown>): Record<string, string[]> {
  const wordOf = COLUMN_WORDS[action.split('.')[0] as string];
  const lists = (['fields', 'columns'] as const).filter((name) => wordOf && Array.isArray(details[name]));
  return Object.fromEntries(
    lists.map((name) => [
      name,
      (details[name] as unknown[]).map(String).map((column) => {
        const word = wordOf?.(t, column) ?? column;
        // A key without a text is answered as it is.
        return word.endsWith(`.${column}`) ? column : word;
      }),
    ]),
  );
}

const plainWords = (details: Record<string, unknown>): Record<string, string> =>
  Object.fromEntries(Object.entries(details).map(([name, value]) => [name, [value].flat().join(', ')]));

/** What sentences name; an entry that says nothing of it leaves a blank. */
const NAMED = ['by', 'role', 'method', 'path', 'outcome', 'format', 'rows', 'total', 'version', 'action'];

/** Words that a detail stands for, where it is no text by itself. */
const WORDS: Partial<Record<string, (t: Translate, value: string) => string>> = {
  role: (t, value) => t(`shared:role.${value}`),
  by: (t, value) => t(`audit:by.${value}`),
  outcome: (t, value) => t(`audit:outcome.${value}`),
  format: (_t, value) => value.toUpperCase(),
  action: (t, value) => t(`draftBulk:action.${value}`),
};

function wordsOf(t: Translate, details: Record<string, unknown>): Record<string, string> {
  const words = plainWords(details);
  return Object.fromEntries(
    NAMED.map((name) => [name, words[name] ? (WORDS[name]?.(t, words[name]) ?? words[name]) : '']),
  );
}

/** Where the row of an entry is shown; null for one that has no page. */
export function subjectHref({ subject_type: type, subject_id: id }: AuditEntry): string | null {
  return type !== null && id !== null && isSubject(type) ? SUBJECTS[type](id) : null;
}

export function subjectWord(t: Translate, type: string): string {
  return isSubject(type) ? t(`audit:subject.${type}`) : type;
}

export function groupWord(t: Translate, group: string): string {
  return ACTION_GROUPS.includes(group) ? t(`audit:group.${group}`) : group;
}

function isSubject(type: string): type is keyof typeof SUBJECTS {
  return Object.hasOwn(SUBJECTS, type);
}
