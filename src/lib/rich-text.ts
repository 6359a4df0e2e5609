import sanitizeHtml from 'sanitize-html';

const BLOCKS = ['p', 'blockquote', 'pre', 'ul', 'ol', 'li', 'hr', 'br', 'h3', 'h4', 'h5'];
const INLINE = ['a', 'b', 'strong', 'i', 'em', 'u', 's', 'sub', 'sup', 'code', 'span'];

/** Where pictures of drafts stand: the only address that a picture may have, and only in what staff wrote. */
export const OWN_PICTURE = /^\/patreon\/posts\/pictures\/([1-9]\d{0,14})\/$/;

export interface RichTextWords {
  /** What stands for a picture that is not shown. */
  picture: string;
}

/**
 * Patreon's HTML (posts, descriptions, thanks) made safe for one of our pages: a short list of tags, links to https
 * only, and nothing that loads. A picture becomes its description, because its address belongs to somebody else's server;
 * with `ownPictures`, for what staff wrote, those that we serve ourselves are shown.
 *
 * Keep svg, math, textarea, xmp, style and the animation tags out of the list: with some of them together, the
 * sanitiser of the version that runs on Node 20 lets handlers through.
 */
export function sanitizePatreonHtml(
  html: string | null,
  words: RichTextWords = { picture: 'Picture' },
  { ownPictures = false }: { ownPictures?: boolean } = {},
): string {
  if (html === null) return '';
  return sanitizeHtml(html, {
    allowedTags: [...BLOCKS, ...INLINE, ...(ownPictures ? ['img'] : [])],
    allowedAttributes: { a: ['href', 'rel'], img: ['src', 'alt', 'width', 'height'] },
    allowedClasses: { span: ['muted'] },
    allowedSchemes: ['https'],
    allowProtocolRelative: false,
    nestingLimit: 50,
    transformTags: {
      // The page has its own h1 and h2.
      h1: 'h3',
      h2: 'h3',
      h6: 'h5',
      del: 's',
      strike: 's',
      a: (_tag, { href }) => ({ tagName: 'a', attribs: linkAttributes(href) }),
      img: (_tag, attributes) =>
        ownPictures && OWN_PICTURE.test(attributes.src ?? '')
          ? { tagName: 'img', attribs: pictureAttributes(attributes) }
          : { tagName: 'span', attribs: { class: 'muted' }, text: describedPicture(attributes.alt, words) },
    },
  });
}

const describedPicture = (alt: string | undefined, { picture }: RichTextWords): string =>
  alt?.trim() ? `[${picture}: ${alt.trim()}]` : `[${picture}]`;

function pictureAttributes({ src = '', alt = '', width, height }: Record<string, string>): Record<string, string> {
  const isSize = (value: string | undefined): value is string => value !== undefined && /^[1-9]\d{0,4}$/.test(value);
  return { src, alt, ...(isSize(width) && isSize(height) && { width, height }) };
}

/** A relative address would lead into the panel, and one with a name in it can pose as another site: both lose their link. */
function linkAttributes(href: string | undefined): Record<string, string> {
  if (href === undefined || !URL.canParse(href)) return {};
  const url = new URL(href);
  if (url.protocol !== 'https:' || url.username !== '' || url.password !== '') return {};
  return { href: url.href, rel: 'noopener noreferrer nofollow' };
}
