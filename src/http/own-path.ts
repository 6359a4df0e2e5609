/** A path of our own out of something that came from outside; everything that could lead elsewhere is `fallback`. */
export function ownPath(value: unknown, fallback: string): string {
  if (typeof value !== 'string' || !value.startsWith('/') || value.length > 2_000) return fallback;
  const here = 'http://own.invalid';
  if (!URL.canParse(value, here)) return fallback;
  const { origin, pathname, search, hash } = new URL(value, here);
  // A browser reads `//host` as another site, also where `/a/..//host` was written.
  return origin === here && !pathname.startsWith('//') ? `${pathname}${search}${hash}` : fallback;
}
