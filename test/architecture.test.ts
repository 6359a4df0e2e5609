import { basename } from 'node:path';
import { placesOf, sourceFiles } from './support/source-files';

// Who may import whom is checked by `npm run architecture` (.dependency-cruiser.cjs).

const sources = sourceFiles('src', '.ts');
const views = sourceFiles('views', '.ejs');

describe('settings', () => {
  it('are read from the environment in one place', () => {
    const places = placesOf(sources, /process\.env/).filter((place) => !place.startsWith('src/config.ts:'));
    // Handed to src/config.ts whole; and the demo chooses a port and a folder before there is a configuration.
    const unexplained = places.filter(
      (place) => !/loadConfig\(process\.env/.test(place) && !/^src\/demo\.ts:/.test(place),
    );
    // PostgreSQL inherits the search path and nothing else.
    expect(unexplained).toEqual([expect.stringMatching(/^src\/db\/embedded-postgres\/server-settings\.ts:.*PATH/)]);
  });
});

describe('files', () => {
  it('are named by a noun and a role, in kebab-case', () => {
    const odd = sources
      .map(({ path }) => basename(path))
      .filter((name) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z]+)*\.ts$/.test(name));
    expect(odd).toEqual([]);
  });

  it('are no drawers', () => {
    const drawers = sources
      .map(({ path }) => path)
      .filter((path) => /(^|[/-])(utils?|helpers?|common|misc|manager)[.-/]/.test(path));
    expect(drawers).toEqual([]);
  });

  it('call migrations by a stamp of their own, the app and what they do', () => {
    const names = sourceFiles('migrations', '.ts').map(({ path }) => basename(path));
    expect(names.filter((name) => !/^\d{14}_[a-z]+(_[a-z]+)+\.ts$/.test(name))).toEqual([]);
    expect(new Set(names.map((name) => name.slice(0, 14))).size).toBe(names.length);
  });

  it('turn no rule of the compiler or the linter off', () => {
    const everything = [...sources, ...sourceFiles('migrations', '.ts'), ...sourceFiles('seeds', '.ts')];
    expect(placesOf(everything, /@ts-(ignore|expect-error|nocheck)|biome-ignore|eslint-disable/)).toEqual([]);
  });

  it('leave nothing to be done later', () => {
    // In comments: what looks for such words in texts names them too.
    expect(placesOf([...sources, ...views], /(\/\/|\*|<%#).*\b(TODO|FIXME|HACK)\b/)).toEqual([]);
  });
});

describe('views', () => {
  const markup = views.map(({ path, text }) => ({ path, text: text.replaceAll(/<%[\s\S]*?%>/g, '') }));

  it('each begin with a word on their locals', () => {
    expect(views.filter(({ text }) => !text.startsWith('<%#')).map(({ path }) => path)).toEqual([]);
  });

  it('print raw only includes, the body, and what says why', () => {
    const raw = placesOf(views, /<%-/).flatMap((place) => {
      const path = place.slice(0, place.indexOf(':'));
      const allowed = [/^include\(/, /^it\.body\b/];
      const isExplained = /<%# Raw, because .*%><%-/.test(place);
      const printed = [...place.matchAll(/<%-\s*([^%]*)/g)].map(([, code = '']) => code);
      const odd = printed.filter((code) => !allowed.some((pattern) => pattern.test(code)));
      return isExplained ? [] : odd.map((code) => `${path}: ${code}`);
    });
    expect(raw).toEqual([]);
  });

  it('carry no script or style of their own, which the Content-Security-Policy would stop', () => {
    expect(placesOf(markup, /<style|\sstyle=|\son[a-z]+=|javascript:/i)).toEqual([]);
    expect(placesOf(views, /<script(?! src=)/i)).toEqual([]);
  });

  it('say nothing that the catalogue does not hold', () => {
    const words = markup.flatMap(({ path, text }) => {
      const attributes = [...text.matchAll(/\b(?:aria-label|placeholder|title|alt)="([^"]*)"/g)].map(
        ([, value = '']) => value,
      );
      const shown = [...text.replaceAll(/<!--[\s\S]*?-->|<[^>]*>/g, '\n').split('\n'), ...attributes];
      return (
        shown
          .map((one) => one.trim())
          // A sign stands after a space in French, so it is a text as well.
          .filter((one) => (/\p{L}{2}/u.test(one) && one !== 'UTC') || /[:;!]/.test(one))
          .map((one) => `${path}: ${one}`)
      );
    });
    expect(words).toEqual([]);
  });

  it('put the token into every form that is posted', () => {
    const forms = views.flatMap(({ path, text }) =>
      [...text.matchAll(/<form\b[^>]*method="post"[\s\S]*?<\/form>/gi)].map(([form]) => ({ path, form })),
    );
    expect(forms.length).toBeGreaterThan(10);
    expect(forms.filter(({ form }) => !/include\('[./a-z]*_csrf'/.test(form)).map(({ path }) => path)).toEqual([]);
  });

  it('are never handed what a visitor sent as their locals', () => {
    const calls = sources.flatMap(({ path, text }) =>
      [...text.matchAll(/res\.view\(([\s\S]*?)\);/g)].map(([, given = '']) => `${path}: ${given}`),
    );
    expect(calls.length).toBeGreaterThan(10);
    // EJS takes options from the locals, so a visitor must never choose their names.
    expect(calls.filter((call) => /', req\b|\.\.\.req\b/.test(call))).toEqual([]);
  });
});
