const SITE = 'https://www.patreon.com';

/**
 * Absolute address of a link that Patreon sent, which may be relative to its site (tiers, posts, pledge links).
 * Null for anything that is not plain https, so that a link on a page can never run script or carry a login.
 */
export function resolveSiteUrl(url: string | null): string | null {
  if (url === null || url.trim() === '' || !URL.canParse(url, SITE)) return null;
  const resolved = new URL(url, SITE);
  if (resolved.protocol !== 'https:' || resolved.username !== '' || resolved.password !== '') return null;
  return resolved.href;
}
