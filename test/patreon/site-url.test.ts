import { resolveSiteUrl } from '../../src/patreon/site-url';

describe('resolveSiteUrl', () => {
  it.each([
    ['/checkout/quillworkshop?rid=7000001', 'https://www.patreon.com/checkout/quillworkshop?rid=7000001'],
    ['https://www.patreon.com/posts/1', 'https://www.patreon.com/posts/1'],
    ['/bePatron?c=1&rid=2', 'https://www.patreon.com/bePatron?c=1&rid=2'],
  ])('resolves %s', (url, expected) => {
    expect(resolveSiteUrl(url)).toBe(expected);
  });

  it.each([
    null,
    '',
    '  ',
    'javascript:alert(1)',
    'java\nscript:alert(1)',
    'http://www.patreon.com/posts/1',
    'data:text/html,x',
    'https://www.patreon.com@example.com/',
    'https://',
  ])('refuses %j', (url) => {
    expect(resolveSiteUrl(url)).toBeNull();
  });
});
