import sanitizeHtml from 'sanitize-html';

/** What of a tier a creator can change on Patreon's site, in the order of the form. */
export const TIER_FIELDS = ['title', 'amount_cents', 'description', 'user_limit'] as const;
/** The same of a campaign. */
export const CAMPAIGN_FIELDS = ['name', 'creation_name', 'one_liner', 'summary', 'thanks_msg', 'is_nsfw'] as const;

export type TierField = (typeof TIER_FIELDS)[number];
export type CampaignField = (typeof CAMPAIGN_FIELDS)[number];
export type PlannedField = TierField | CampaignField;
export type FieldValue = string | number | boolean | null;

export const PLANNED_FIELDS: readonly PlannedField[] = [...TIER_FIELDS, ...CAMPAIGN_FIELDS];

export type FieldKind = 'text' | 'html' | 'money' | 'number' | 'flag';

/** `html`: Patreon answers with HTML where people typed plain text. */
export const FIELD_KINDS: Record<PlannedField, FieldKind> = {
  title: 'text',
  amount_cents: 'money',
  description: 'html',
  user_limit: 'number',
  name: 'text',
  creation_name: 'text',
  one_liner: 'text',
  summary: 'html',
  thanks_msg: 'html',
  is_nsfw: 'flag',
};

const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", nbsp: ' ' };

/** The words of Patreon's HTML as somebody would type them, a line for each paragraph. */
export function textOfHtml(html: string): string {
  const lines = html.replace(/\s+/g, ' ').replace(/<br\s*\/?>|<\/(?:p|div|li|h[1-6]|blockquote)>/gi, '\n');
  const bare = sanitizeHtml(lines, { allowedTags: [], allowedAttributes: {} });
  // What the sanitiser leaves escaped, decoded in one pass, so that "&amp;lt;" stays "&lt;".
  const text = bare.replace(/&(amp|lt|gt|quot|#39|nbsp);/g, (_whole, name: string) => ENTITIES[name] ?? '');
  return text
    .split('\n')
    .map((line) => line.trim())
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}

/** A value as the form shows it: Patreon's HTML as text. */
export function typedForm(field: PlannedField, value: FieldValue): FieldValue {
  if (typeof value !== 'string' || FIELD_KINDS[field] !== 'html') return value;
  return looksLikeHtml(value) ? textOfHtml(value) : value;
}

const looksLikeHtml = (text: string) => /<[a-z!/]|&#?\w+;/i.test(text);

const collapsed = (text: string) => text.normalize('NFC').replace(/\s+/g, ' ').trim();

/**
 * Whether two values are the same to somebody who reads them: Patreon trims, and answers with HTML what was typed as text.
 * No text at all is the same as none.
 */
export function isSame(field: PlannedField, a: FieldValue | undefined, b: FieldValue | undefined): boolean {
  const kind = FIELD_KINDS[field];
  if (kind !== 'text' && kind !== 'html') return (a ?? null) === (b ?? null);
  const [one, other] = [String(a ?? ''), String(b ?? '')];
  if (collapsed(one) === collapsed(other)) return true;
  if (kind === 'text') return false;
  const [first, second] = [collapsed(textOfHtml(one)), collapsed(textOfHtml(other))];
  return first === second || first === collapsed(other) || collapsed(one) === second;
}
